// Holds COUNT sockets on PORT, each at a loopback address of its own, until standard input ends; bound only, or listening.
//
//   many-sockets bound|listen COUNT PORT
//
// They are spread over processes of 10,000 each, as more descriptors are seldom allowed. It makes a network namespace of its own.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { of_one_process = 10000 };

static const in_addr_t first_address = 0x7f010000;  // 127.1.0.0

static void set_loopback_up(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0) err(1, "lo");
  close(fd);
}

static void hold(unsigned first, unsigned end, in_port_t port, int listens) {
  for (unsigned number = first; number < end; number++) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(first_address + number)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) err(1, "socket");
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) err(1, "bind");
    if (listens && listen(fd, 1) < 0) err(1, "listen");
  }
}

int main(int argc, char **argv) {
  if (argc != 4) errx(64, "usage: many-sockets bound|listen COUNT PORT");
  int listens = strcmp(argv[1], "listen") == 0;
  unsigned count = strtoul(argv[2], NULL, 10);
  if (unshare(CLONE_NEWNET) < 0) err(1, "unshare");
  set_loopback_up();
  for (unsigned first = 0; first < count; first += of_one_process) {
    int ends[2];
    char byte = 0;
    if (pipe(ends) < 0) err(1, "pipe");
    pid_t child = fork();
    if (child < 0) err(1, "fork");
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      unsigned end = first + of_one_process;
      hold(first, end < count ? end : count, strtoul(argv[3], NULL, 10), listens);
      if (write(ends[1], &byte, 1) != 1) err(1, "write");
      for (;;) pause();
    }
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1) errx(1, "a process has failed");
    close(ends[0]);
  }
  puts("ready");
  fflush(stdout);
  for (char byte; read(STDIN_FILENO, &byte, 1) > 0;) continue;
  return 0;
}

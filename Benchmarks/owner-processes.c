// Makes a listener on PORT among PROCESSES other processes that together have DESCRIPTORS open, in a network namespace of its
// own.
//
//   owner-processes PORT PROCESSES DESCRIPTORS LISTENERS [CGROUP]
//
// Of LISTENERS all but one are those of as many of the other processes, on the ports after PORT. The listener on PORT is made last, so that a program that goes through the processes in their order comes to it at the end. CGROUP
// is a cgroup2 directory, which only the listener enters before it makes its socket. Half of the descriptors are sockets. The
// program prints "ready" when all is made. All processes end when standard input does.

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void listen_on(long port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 8) < 0)
    err(1, "port %ld", port);
}

// A port of 0 is none.
static void be_one_of_many(long descriptors, pid_t parent, long port) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  if (port > 0) {
    listen_on(port);
    descriptors--;
  }
  for (long i = 0; i < descriptors; i++) {
    int opened = i % 2 == 0 ? socket(AF_UNIX, SOCK_STREAM, 0) : eventfd(0, 0);
    if (opened < 0) err(1, "descriptor %ld", i);
  }
}

static void enter(const char *cgroup) {
  char path[4096];
  snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
  int procs = open(path, O_WRONLY | O_CLOEXEC);
  if (procs < 0 || write(procs, "0", 1) != 1) err(1, "%s", path);
  close(procs);
}

static void serve(long port) {
  listen_on(port);
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}

int main(int argc, char **argv) {
  if (argc < 5) errx(64, "usage: owner-processes PORT PROCESSES DESCRIPTORS LISTENERS [CGROUP]");
  const long port = atol(argv[1]), processes = atol(argv[2]), descriptors = atol(argv[3]), listeners = atol(argv[4]);
  if (unshare(CLONE_NEWNET) < 0) err(1, "unshare");

  int begun[2];
  if (pipe(begun) < 0) err(1, "pipe");
  const pid_t self = getpid();
  for (long i = 0; i < processes; i++) {
    pid_t child = fork();
    if (child < 0) err(1, "fork");
    if (child > 0) continue;
    close(begun[0]);
    close(STDIN_FILENO);
    // Each process has three descriptors already: standard output, standard error and the end of the pipe.
    be_one_of_many(descriptors / processes - 3, self, i + 1 < listeners ? port + 1 + i : 0);
    if (write(begun[1], "", 1) != 1) _exit(1);
    for (;;) pause();
  }
  close(begun[1]);
  for (long i = 0; i < processes; i++) {
    char byte;
    if (read(begun[0], &byte, 1) != 1) errx(1, "some processes have ended");
  }

  pid_t server = fork();
  if (server < 0) err(1, "fork");
  if (server == 0) {
    close(STDIN_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc > 5) enter(argv[5]);
    serve(port);
  }

  char rest[64];
  while (read(STDIN_FILENO, rest, sizeof rest) > 0) {}
  // The children end with their parent.
  return 0;
}

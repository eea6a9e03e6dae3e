// Leaves COUNT sockets in TIME_WAIT on the server's port PORT, in the network namespace in which it runs. With PORTS they are
// spread over so many ports, from PORT on.
//
//   time-wait-generator PORT COUNT [PORTS]
//
// The servers set SO_REUSEADDR, as servers do: a new one with it can bind the port, and one without it cannot.
//
// The server closes every connection first, so that the TIME_WAIT is on its side. Each thread has a listener on a loopback
// address of its own, so that none needs SO_REUSEPORT. Clients have addresses from 127.1.0.0 on, with four connections each.
// They bind an explicit port, so that no 4-tuple is used twice and the kernel does not have to search for a free port.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { threads = 2, connections_per_client = 4, first_client_port = 40000, client_ports = 20000 };

static const in_addr_t first_server = 0x7f000001;  // 127.0.0.1
static const in_addr_t first_client = 0x7f010000;  // 127.1.0.0

static in_port_t server_port;
static unsigned long count, ports = 1;

static struct sockaddr_in endpoint(in_addr_t address, in_port_t port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

static int bound_socket(struct sockaddr_in address) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) err(1, "socket");
  int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) err(1, "setsockopt");
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
    err(1, "bind %s:%d", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
  return fd;
}

static void leave_time_wait(int listener, struct sockaddr_in server, unsigned long number) {
  int client = bound_socket(endpoint(
      first_client + number / connections_per_client, first_client_port + number % client_ports));
  if (connect(client, (struct sockaddr *)&server, sizeof server) < 0) err(1, "connect");

  int accepted = accept(listener, NULL, NULL);
  if (accepted < 0) err(1, "accept");
  close(accepted);

  // The client waits for the server's FIN. Otherwise both ends could close at the same time, and both would keep a TIME_WAIT.
  char byte;
  if (recv(client, &byte, 1, 0) != 0) err(1, "recv");
  close(client);
}

static void *run(void *argument) {
  unsigned long thread = (unsigned long)argument;
  for (unsigned long port = 0; port < ports; port++) {
    struct sockaddr_in server = endpoint(first_server + thread, server_port + port);
    int listener = bound_socket(server);
    if (listen(listener, 1) < 0) err(1, "listen");
    for (unsigned long number = thread; number < count; number += threads)
      if (number / threads % ports == port) leave_time_wait(listener, server, number);
    close(listener);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > 4) errx(64, "usage: time-wait-generator PORT COUNT [PORTS]");
  server_port = (in_port_t)atoi(argv[1]);
  count = strtoul(argv[2], NULL, 10);
  if (argc == 4) ports = strtoul(argv[3], NULL, 10);
  if (server_port == 0 || ports == 0 || server_port + ports > first_client_port)
    errx(64, "PORT: 1 to %d, and PORTS up to there", first_client_port - 1);

  pthread_t workers[threads];
  for (unsigned long thread = 0; thread < threads; thread++)
    if (pthread_create(&workers[thread], NULL, run, (void *)thread) != 0) errx(1, "pthread_create");
  for (int thread = 0; thread < threads; thread++) pthread_join(workers[thread], NULL);
  return 0;
}

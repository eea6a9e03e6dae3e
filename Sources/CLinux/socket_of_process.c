#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

/* Puts the question to a duplicate of the descriptor, and closes that; see the header. */
static int ask(int pid, int descriptor, int (*question)(int, void *), void *answer) {
  int process = syscall(SYS_pidfd_open, pid, 0);
  if (process < 0) return -1;
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  int result = -1, error;
  int duplicate = syscall(SYS_pidfd_getfd, process, descriptor, 0);
  if (duplicate >= 0) {
    result = question(duplicate, answer);
    error = errno;
    close(duplicate);
  } else {
    error = errno;
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
  close(process);
  errno = error;
  return result;
}

static int get(int socket, int level, int name, void *value, socklen_t size) {
  return getsockopt(socket, level, name, value, &size);
}

static int read_reuse(int socket, struct tw_reuse_options *flags, unsigned *uid) {
  struct stat status;
  if (fstat(socket, &status) != 0) return -1;
  flags->inode = status.st_ino;
  *uid = status.st_uid;
  if (get(socket, SOL_SOCKET, SO_COOKIE, &flags->cookie, sizeof flags->cookie) != 0) return -1;
  if (get(socket, SOL_SOCKET, SO_REUSEADDR, &flags->reuse_address, sizeof flags->reuse_address) != 0) return -1;
  return get(socket, SOL_SOCKET, SO_REUSEPORT, &flags->reuse_port, sizeof flags->reuse_port);
}

static int reuse_options(int socket, void *answer) {
  unsigned uid;
  return read_reuse(socket, answer, &uid);
}

int tw_reuse_options_of(int pid, int descriptor, struct tw_reuse_options *flags) {
  return ask(pid, descriptor, reuse_options, flags);
}

static int server_socket(int socket, void *answer) {
  struct tw_server_socket *found = answer;
  int is_transparent = 0;
  *found = (struct tw_server_socket){.v6_only = -1};
  if (read_reuse(socket, &found->reuse, &found->uid) != 0) return -1;
  if (get(socket, SOL_SOCKET, SO_PROTOCOL, &found->protocol, sizeof found->protocol) != 0) return -1;
  if (get(socket, SOL_SOCKET, SO_BINDTOIFINDEX, &found->interface, sizeof found->interface) != 0) found->interface = 0;
  /* A Multipath TCP socket does not tell all of these on every kernel. */
  if (get(socket, IPPROTO_IPV6, IPV6_V6ONLY, &found->v6_only, sizeof found->v6_only) != 0) found->v6_only = -1;
  if (get(socket, IPPROTO_IP, IP_FREEBIND, &found->free_bind, sizeof found->free_bind) != 0) found->free_bind = 0;
  if (get(socket, IPPROTO_IP, IP_TRANSPARENT, &is_transparent, sizeof is_transparent) != 0) is_transparent = 0;
  found->free_bind |= is_transparent;
  return 0;
}

int tw_server_socket_of(int pid, int descriptor, struct tw_server_socket *found) {
  return ask(pid, descriptor, server_socket, found);
}

static int bound_socket(int socket, void *answer) {
  struct tw_bound_socket *found = answer;
  struct stat status;
  struct tcp_info info = {0};
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  int interface = 0;
  memset(found, 0, sizeof *found);
  if (fstat(socket, &status) != 0) return -1;
  if (get(socket, IPPROTO_TCP, TCP_INFO, &info, sizeof info) != 0) return -1;
  if (getsockname(socket, (struct sockaddr *)&name, &size) != 0) return -1;
  found->inode = status.st_ino;
  found->uid = status.st_uid;
  if (name.ss_family == AF_INET) {
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&name;
    found->version = 4;
    found->port = ntohs(ipv4->sin_port);
    memcpy(found->address, &ipv4->sin_addr, 4);
  } else if (name.ss_family == AF_INET6) {
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&name;
    found->version = 6;
    found->port = ntohs(ipv6->sin6_port);
    memcpy(found->address, &ipv6->sin6_addr, 16);
    if (get(socket, IPPROTO_IPV6, IPV6_V6ONLY, &found->v6_only, sizeof found->v6_only) != 0) return -1;
  }
  if (info.tcpi_state != TCP_CLOSE || found->port == 0) {
    errno = ENOTSOCK;
    return -1;
  }
  int namespace = ioctl(socket, SIOCGSKNS);
  if (namespace >= 0) {
    if (fstat(namespace, &status) == 0) found->namespace = status.st_ino;
    close(namespace);
  }
  if (get(socket, SOL_SOCKET, SO_COOKIE, &found->cookie, sizeof found->cookie) != 0) return -1;
  if (get(socket, SOL_SOCKET, SO_BINDTOIFINDEX, &interface, sizeof interface) == 0) found->interface = interface;
  return 0;
}

int tw_bound_socket_of(int pid, int descriptor, struct tw_bound_socket *found) {
  return ask(pid, descriptor, bound_socket, found);
}

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

int tw_reuse_options_of(int pid, int descriptor, struct tw_reuse_options *flags) {
  int process = syscall(SYS_pidfd_open, pid, 0);
  if (process < 0) return -1;
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  int result = -1, error;
  int duplicate = syscall(SYS_pidfd_getfd, process, descriptor, 0);
  if (duplicate >= 0) {
    socklen_t cookie_size = sizeof flags->cookie, size = sizeof flags->reuse_address, port_size = sizeof flags->reuse_port;
    struct stat status;
    result = fstat(duplicate, &status);
    flags->inode = status.st_ino;
    if (result == 0) result = getsockopt(duplicate, SOL_SOCKET, SO_COOKIE, &flags->cookie, &cookie_size);
    if (result == 0) result = getsockopt(duplicate, SOL_SOCKET, SO_REUSEADDR, &flags->reuse_address, &size);
    if (result == 0) result = getsockopt(duplicate, SOL_SOCKET, SO_REUSEPORT, &flags->reuse_port, &port_size);
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

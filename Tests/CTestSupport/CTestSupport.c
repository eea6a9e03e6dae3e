#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uid_t test_set_thread_fsuid(uid_t uid) { return (uid_t)syscall(SYS_setfsuid, uid); }

int test_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

ssize_t test_write_quietly(int descriptor, const void *bytes, size_t count) {
  sigset_t broken, before, pending;
  sigemptyset(&broken);
  sigaddset(&broken, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &broken, &before);
  ssize_t written = write(descriptor, bytes, count);
  int error = errno;
  if (written < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE)) {
    const struct timespec now = {0, 0};
    while (sigtimedwait(&broken, NULL, &now) < 0 && errno == EINTR) {}
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return written;
}

int test_open_terminal(int *controller, int *terminal, int rows, int columns) {
  *controller = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*controller < 0) return -1;
  char name[64];
  if (grantpt(*controller) < 0 || unlockpt(*controller) < 0 || ptsname_r(*controller, name, sizeof name) != 0)
    goto failed;
  *terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*terminal < 0) goto failed;
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  ioctl(*terminal, TIOCSWINSZ, &size);
  return 0;
failed:;
  int error = errno;
  close(*controller);
  errno = error;
  return -1;
}

int test_set_link_up(const char *name, int up) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  int result = ioctl(descriptor, SIOCGIFFLAGS, &request);
  if (result == 0) {
    if (up) request.ifr_flags |= IFF_UP;
    else request.ifr_flags &= ~IFF_UP;
    result = ioctl(descriptor, SIOCSIFFLAGS, &request);
  }
  int error = errno;
  close(descriptor);
  errno = error;
  return result;
}

int test_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int test_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int test_drop_incoming(int socket) {
  struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog program = {.len = 1, .filter = &nothing};
  return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

struct probe {
  const char *stage;
  int error;
};

static void *go_and_return(void *argument) {
  struct probe *probe = argument;
  probe->stage = "open /proc/thread-self/ns/net";
  int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) goto failed;
  probe->stage = "unshare CLONE_NEWNET";
  if (unshare(CLONE_NEWNET) < 0) goto failed;
  probe->stage = "SIOCSIFFLAGS lo";
  if (test_set_link_up("lo", 1) < 0) goto failed;
  probe->stage = "setns back to the first network namespace";
  if (setns(home, CLONE_NEWNET) < 0) goto failed;
  probe->stage = NULL;
failed:
  probe->error = errno;
  if (home >= 0) close(home);
  return NULL;
}

int test_probe_namespace(const char **stage) {
  struct probe probe = {0};
  pthread_t thread;
  *stage = "pthread_create";
  errno = pthread_create(&thread, NULL, go_and_return, &probe);
  if (errno != 0) return -1;
  pthread_join(thread, NULL);
  *stage = probe.stage;
  errno = probe.error;
  return probe.stage ? -1 : 0;
}

int test_send_descriptor(int through, int descriptor) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
  return sendmsg(through, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

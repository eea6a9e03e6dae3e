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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { first_free = 200, stage_length = 24 };

struct failure {
  int error;
  char stage[stage_length];
};

static void fail(int report, const char *stage) {
  struct failure failure = {.error = errno};
  strncpy(failure.stage, stage, sizeof failure.stage - 1);
  ssize_t ignored = write(report, &failure, sizeof failure);
  (void)ignored;
  _exit(127);
}

/* Only async-signal-safe calls: other threads of the parent may have held any lock at the fork. */
static void become(const struct test_spawn_request *request, int binary, int report, pid_t parent) {
  report = fcntl(report, F_DUPFD_CLOEXEC, first_free);
  binary = fcntl(binary, F_DUPFD_CLOEXEC, first_free);

  int moved[16];
  for (int i = 0; i < request->descriptor_count; i++) {
    if (request->descriptors[i] < 0) { moved[i] = -1; continue; }
    moved[i] = fcntl(request->descriptors[i], F_DUPFD_CLOEXEC, first_free);
    if (moved[i] < 0) fail(report, "fcntl");
  }
  for (int i = 0; i < request->descriptor_count; i++) {
    if (moved[i] < 0) close(i);
    else if (dup2(moved[i], i) < 0) fail(report, "dup2");
  }
  /* A test runner leaves descriptors open that would count as the child's; 4 is CLOSE_RANGE_CLOEXEC. */
  syscall(SYS_close_range, request->descriptor_count, ~0U, 4);

  if (request->controlling_terminal) {
    if (setsid() < 0) fail(report, "setsid");
    if (ioctl(0, TIOCSCTTY, 0) < 0) fail(report, "TIOCSCTTY");
  }
  if (request->directory && chdir(request->directory) < 0) fail(report, "chdir");
  if (request->uid >= 0) {
    if (syscall(SYS_setgroups, 0, NULL) < 0) fail(report, "setgroups");
    gid_t gid = (gid_t)request->gid;
    if (syscall(SYS_setresgid, gid, gid, gid) < 0) fail(report, "setresgid");
    uid_t uid = (uid_t)request->uid;
    if (syscall(SYS_setresuid, uid, uid, uid) < 0) fail(report, "setresuid");
  }
  /* After the change of user, which clears it: nothing outlives a crashed test run. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);

  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  if (request->descriptor_limit >= 0) {
    rlim_t limit = (rlim_t)request->descriptor_limit;
    if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){limit, limit}) < 0) fail(report, "setrlimit");
  }

  execve(request->path, request->arguments, request->environment);
  /* Another user may not be able to walk to a binary that lies in somebody's home directory. */
  if (errno == EACCES)
    syscall(SYS_execveat, binary, "", request->arguments, request->environment, AT_EMPTY_PATH);
  fail(report, "execve");
}

pid_t test_spawn(const struct test_spawn_request *request, const char **stage) {
  static __thread struct failure failure;
  *stage = "fork";
  if (request->descriptor_count > 16) { errno = EINVAL; return -1; }

  *stage = request->path;
  int binary = open(request->path, O_PATH | O_CLOEXEC);
  if (binary < 0) return -1;
  int report[2];
  *stage = "pipe2";
  if (pipe2(report, O_CLOEXEC) < 0) { close(binary); return -1; }

  pid_t parent = getpid();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  if (pid == 0) become(request, binary, report[1], parent);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(binary);
  close(report[1]);
  if (pid < 0) { close(report[0]); *stage = "fork"; errno = error; return -1; }

  ssize_t count;
  do count = read(report[0], &failure, sizeof failure);
  while (count < 0 && errno == EINTR);
  close(report[0]);
  if (count != sizeof failure) return pid;

  siginfo_t info;
  while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR) {}
  *stage = failure.stage;
  errno = failure.error;
  return -1;
}

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

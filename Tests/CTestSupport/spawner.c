/* Children are forked by a process of one thread that holds no sockets. If the test process forked, each
   child would hold a copy of every socket of every test beside it until its exec; such a copy keeps a port
   alive after its owner's close(2), and a bind in that other test would fail once in a while. CLONE_PARENT
   makes the test process their parent all the same. */
#define _GNU_SOURCE
#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  most_children = 256,
  /* Above any number that a child is to have. */
  aside = 64,
  spawner_socket = 3,
};

/* MARK: The child, up to its exec */

_Noreturn static void fail(int report, const char *stage) {
  struct failure failure = {.error = errno};
  strncpy(failure.stage, stage, sizeof failure.stage - 1);
  ssize_t ignored = write(report, &failure, sizeof failure);
  (void)ignored;
  _exit(127);
}

static void place_descriptors(const struct order *order, const int *given, int report) {
  int moved[most_descriptors];
  for (int i = 0; i < order->descriptor_count; i++) {
    moved[i] = -1;
    if (!(order->passed & 1u << i)) continue;
    moved[i] = fcntl(*given++, F_DUPFD_CLOEXEC, aside);
    if (moved[i] < 0) fail(report, "fcntl");
  }
  for (int i = 0; i < order->descriptor_count; i++) {
    if (moved[i] < 0) close(i);
    else if (dup2(moved[i], i) < 0) fail(report, "dup2");
  }
}

/* Each denied call fails at once, whoever makes it; nothing else is touched. */
static int deny(const struct order *order) {
  static const struct sock_filter load_call = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                                  allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  static const unsigned numbers[] = {
      [test_call_socket] = SYS_socket, [test_call_bind] = SYS_bind, [test_call_listen] = SYS_listen,
      [test_call_unshare] = SYS_unshare};
  struct sock_filter program[5 * most_denials + 1];
  int size = 0;
  for (int i = 0; i < order->denial_count; i++) {
    const struct test_denial *denial = &order->denials[i];
    int has_argument = denial->argument >= 0;
    program[size++] = load_call;
    program[size++] = (struct sock_filter)BPF_JUMP(
        BPF_JMP | BPF_JEQ | BPF_K, numbers[denial->call], 0, has_argument ? 3 : 1);
    if (has_argument) {
      program[size++] = (struct sock_filter)BPF_STMT(
          BPF_LD | BPF_W | BPF_ABS,
          (unsigned)(offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (size_t)denial->argument));
      program[size++] = (struct sock_filter)BPF_JUMP(
          BPF_JMP | BPF_JEQ | BPF_K, (unsigned)denial->value, 0, 1);
    }
    program[size++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)denial->error);
  }
  program[size++] = allow;
  struct sock_fprog filter = {.len = (unsigned short)size, .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static int hide_proc(void) {
  if (unshare(CLONE_NEWNS) < 0) return -1;
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -1;
  return mount("none", "/proc", "tmpfs", MS_RDONLY, NULL);
}

_Noreturn static void become(const struct message *message, const struct passed *passed) {
  static char *arguments[most_strings + 1], *environment[most_strings + 1];
  const struct order *order = &message->order;
  char *text = (char *)message->strings;
  char *path = text;
  text += strlen(text) + 1;
  char *directory = text;
  text += strlen(text) + 1;
  for (int i = 0; i < order->argument_count; i++, text += strlen(text) + 1) arguments[i] = text;
  for (int i = 0; i < order->environment_count; i++, text += strlen(text) + 1) environment[i] = text;

  int next = 0;
  int report = fcntl(passed->descriptors[next++], F_DUPFD_CLOEXEC, aside);
  int binary = fcntl(passed->descriptors[next++], F_DUPFD_CLOEXEC, aside);
  if (order->has_namespace && setns(passed->descriptors[next++], CLONE_NEWNET) < 0) fail(report, "setns");
  place_descriptors(order, passed->descriptors + next, report);

  if (order->controlling_terminal) {
    if (setsid() < 0) fail(report, "setsid");
    if (ioctl(0, TIOCSCTTY, 0) < 0) fail(report, "TIOCSCTTY");
  }
  if (order->has_directory && chdir(directory) < 0) fail(report, "chdir");
  if (order->hides_proc && hide_proc() < 0) fail(report, "hide_proc");
  if (order->uid >= 0) {
    gid_t gid = (gid_t)order->gid;
    uid_t uid = (uid_t)order->uid;
    if (syscall(SYS_setgroups, 0, NULL) < 0) fail(report, "setgroups");
    if (syscall(SYS_setresgid, gid, gid, gid) < 0) fail(report, "setresgid");
    if (syscall(SYS_setresuid, uid, uid, uid) < 0) fail(report, "setresuid");
  }
  if (order->descriptor_limit >= 0) {
    rlim_t limit = (rlim_t)order->descriptor_limit;
    if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){limit, limit}) < 0) fail(report, "setrlimit");
  }

  if (order->denial_count > 0 && deny(order) < 0) fail(report, "seccomp");

  execve(path, arguments, environment);
  /* Another user may not be able to walk to a binary that lies in somebody's home directory. */
  if (errno == EACCES) syscall(SYS_execveat, binary, "", arguments, environment, AT_EMPTY_PATH);
  fail(report, "execve");
}

/* MARK: The process that forks */

static int receive_order(struct message *message, struct passed *passed) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof passed->descriptors)];
  } control;
  struct iovec part = {.iov_base = message, .iov_len = sizeof *message};
  struct msghdr header = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t count;
  do count = recvmsg(spawner_socket, &header, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return -1;
  passed->count = 0;
  struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
  if (rights && rights->cmsg_type == SCM_RIGHTS) {
    passed->count = (int)((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(passed->descriptors, CMSG_DATA(rights), (size_t)passed->count * sizeof(int));
  }
  return 0;
}

/* Drops the children that have ended; with `all`, ends the others. A pidfd cannot hit a stranger. */
static void sweep(int children[most_children], int all) {
  for (int i = 0; i < most_children; i++) {
    if (children[i] < 0) continue;
    struct pollfd entry = {.fd = children[i], .events = POLLIN};
    if (all) syscall(SYS_pidfd_send_signal, children[i], SIGKILL, NULL, 0);
    else if (poll(&entry, 1, 0) == 0) continue;
    close(children[i]);
    children[i] = -1;
  }
}

_Noreturn static void serve(void) {
  static struct message message;
  static struct passed passed;
  static int children[most_children];
  for (int i = 0; i < most_children; i++) children[i] = -1;

  while (receive_order(&message, &passed) == 0) {
    sweep(children, 0);
    int slot = 0;
    while (slot < most_children - 1 && children[slot] >= 0) slot++;
    int child = -1;
    long pid = syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD | SIGCHLD, NULL, &child, NULL, 0);
    if (pid == 0) become(&message, &passed);
    struct answer answer = {.pid = (int32_t)pid, .error = pid < 0 ? errno : 0};
    for (int i = 0; i < passed.count; i++) close(passed.descriptors[i]);
    if (pid > 0) children[slot] = child;
    if (send(spawner_socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0) break;
  }
  /* The test process is gone: nothing that it started may go on. */
  sweep(children, 1);
  _exit(0);
}

/* Forked from a process of many threads: only async-signal-safe calls, here and in all of the above. */
void test_become_spawner(int socket) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  /* No controlling terminal, no Ctrl-C from it. */
  setsid();
  int kept = fcntl(socket, F_DUPFD_CLOEXEC, aside);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; i < spawner_socket; i++) dup2(null, i);
  dup3(kept, spawner_socket, O_CLOEXEC);
  syscall(SYS_close_range, spawner_socket + 1, ~0U, 0);
  struct answer ready = {0};
  send(spawner_socket, &ready, sizeof ready, MSG_NOSIGNAL);
  serve();
}

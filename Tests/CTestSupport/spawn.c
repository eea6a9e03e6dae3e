#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawner.h"

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int spawner = -1;
/* The namespace in which it runs: that of the thread which started it. */
static struct stat spawner_namespace;

static int receive_answer(struct answer *answer) {
  ssize_t count;
  do count = recv(spawner, answer, sizeof *answer, 0);
  while (count < 0 && errno == EINTR);
  if (count == sizeof *answer) return 0;
  if (count >= 0) errno = EPIPE;
  return -1;
}

static int start_spawner(void) {
  if (spawner >= 0) return 0;
  if (stat("/proc/thread-self/ns/net", &spawner_namespace) < 0) return -1;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
  int size = 4 * most_bytes;
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);

  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  if (pid == 0) test_become_spawner(ends[1]);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (pid < 0) { close(ends[0]); errno = error; return -1; }
  spawner = ends[0];
  struct answer ready;
  return receive_answer(&ready);
}

int test_start_spawner(void) {
  pthread_mutex_lock(&one_at_a_time);
  int result = start_spawner();
  pthread_mutex_unlock(&one_at_a_time);
  return result;
}

static size_t append(struct message *message, size_t used, const char *text) {
  size_t length = strlen(text) + 1;
  if (used > most_bytes || length > most_bytes - used) return most_bytes + 1;
  memcpy(message->strings + used, text, length);
  return used + length;
}

/* Returns how many bytes of the message to send, or 0 if it is too long. */
static size_t write_order(
    const struct test_spawn_request *request, struct message *message, int has_namespace) {
  struct order *order = &message->order;
  *order = (struct order){
      .descriptor_count = request->descriptor_count,
      .has_directory = request->directory != NULL,
      .has_namespace = has_namespace,
      .controlling_terminal = request->controlling_terminal,
      .uid = request->uid,
      .gid = request->gid,
      .descriptor_limit = request->descriptor_limit,
      .hides_proc = request->hides_proc,
      .denial_count = request->denial_count,
  };
  for (int i = 0; i < request->denial_count; i++) order->denials[i] = request->denials[i];
  size_t used = append(message, 0, request->path);
  used = append(message, used, request->directory ? request->directory : "");
  for (; request->arguments[order->argument_count]; order->argument_count++)
    used = append(message, used, request->arguments[order->argument_count]);
  for (; request->environment[order->environment_count]; order->environment_count++)
    used = append(message, used, request->environment[order->environment_count]);
  if (order->argument_count > most_strings || order->environment_count > most_strings) return 0;
  if (used > most_bytes) return 0;
  return offsetof(struct message, strings) + used;
}

static int send_order(struct message *message, size_t size, const struct passed *passed) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof passed->descriptors)];
  } control = {0};
  size_t bytes = (size_t)passed->count * sizeof(int);
  struct iovec part = {.iov_base = message, .iov_len = size};
  struct msghdr header = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(bytes)};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(bytes);
  memcpy(CMSG_DATA(rights), passed->descriptors, bytes);
  ssize_t sent;
  do sent = sendmsg(spawner, &header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 0;
}

/* A descriptor of this thread's network namespace, or -1 where the spawner is in it: entering one takes a
   privilege. */
static int other_namespace(void) {
  int namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  struct stat mine;
  if (namespace < 0 || fstat(namespace, &mine) < 0) return namespace;
  if (mine.st_ino != spawner_namespace.st_ino || mine.st_dev != spawner_namespace.st_dev) return namespace;
  close(namespace);
  return -1;
}

/* Everything under the lock. `report`: the writing end of the pipe on which the child reports a failure. */
static pid_t request_child(
    const struct test_spawn_request *request, int binary, int report, const char **stage) {
  static struct message message;
  struct passed passed = {.count = 2, .descriptors = {report, binary}};
  *stage = "start_spawner";
  if (start_spawner() < 0) return -1;
  *stage = "spawn";
  int namespace = other_namespace();
  if (namespace >= 0) passed.descriptors[passed.count++] = namespace;
  size_t size = write_order(request, &message, namespace >= 0);
  for (int i = 0; i < request->descriptor_count; i++) {
    if (request->descriptors[i] < 0) continue;
    message.order.passed |= 1u << i;
    passed.descriptors[passed.count++] = request->descriptors[i];
  }
  struct answer answer = {.pid = -1, .error = E2BIG};
  if (size > 0 && (send_order(&message, size, &passed) < 0 || receive_answer(&answer) < 0))
    answer = (struct answer){.pid = -1, .error = errno};
  if (namespace >= 0) close(namespace);
  errno = answer.error;
  return answer.pid;
}

pid_t test_spawn(const struct test_spawn_request *request, const char **stage) {
  static __thread struct failure failure;
  *stage = "spawn";
  if (request->descriptor_count > most_descriptors ||
      request->denial_count > most_denials) { errno = EINVAL; return -1; }
  *stage = "open";
  int binary = open(request->path, O_PATH | O_CLOEXEC);
  if (binary < 0) return -1;
  int report[2];
  *stage = "pipe2";
  if (pipe2(report, O_CLOEXEC) < 0) { close(binary); return -1; }

  pthread_mutex_lock(&one_at_a_time);
  pid_t pid = request_child(request, binary, report[1], stage);
  int error = errno;
  pthread_mutex_unlock(&one_at_a_time);

  close(binary);
  close(report[1]);
  if (pid < 0) { close(report[0]); errno = error; return -1; }

  /* End of file: the exec closed it. */
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

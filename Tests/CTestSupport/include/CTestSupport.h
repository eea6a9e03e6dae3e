/* What the tests need of the kernel and Swift cannot call. */
#ifndef TW_INSPECT_CTESTSUPPORT_H
#define TW_INSPECT_CTESTSUPPORT_H

#include <stddef.h>
#include <sys/types.h>

struct test_spawn_request {
  const char *_Nonnull path;
  char *_Nullable const *_Nonnull arguments;
  char *_Nullable const *_Nonnull environment;
  const char *_Nullable directory;
  /* descriptors[i] becomes descriptor i of the child; -1: it is closed there. */
  const int *_Nonnull descriptors;
  int descriptor_count;
  /* -1: unchanged. Supplementary groups are dropped with it. */
  long uid;
  long gid;
  /* RLIMIT_NOFILE, or -1: unchanged. */
  long descriptor_limit;
  /* Descriptor 0 (a terminal) becomes the controlling terminal of a new session. */
  int controlling_terminal;
};

/* Forks the calling thread (so that its network namespace is inherited) and executes. Returns the pid, or -1 with
   errno and in *stage the call that failed. */
pid_t test_spawn(const struct test_spawn_request *_Nonnull request, const char *_Nullable *_Nonnull stage);

/* For the calling thread alone: glibc would change every thread. Returns the previous one. */
uid_t test_set_thread_fsuid(uid_t uid);

int test_pidfd_open(pid_t pid);

/* write(2) that reports EPIPE without raising SIGPIPE. */
ssize_t test_write_quietly(int descriptor, const void *_Nonnull bytes, size_t count);

/* A new pseudo-terminal of the given size. */
int test_open_terminal(int *_Nonnull controller, int *_Nonnull terminal, int rows, int columns);

/* Whether a thread can enter a new network namespace, set its lo up, and come back: 0, or -1 with errno and in
   *stage the call that failed. Tried on a thread that ends afterwards: inside `unshare -r` without `-n` it
   cannot come back, since the old namespace belongs to another user namespace. */
int test_probe_namespace(const char *_Nullable *_Nonnull stage);

/* pipe2(2) with O_CLOEXEC. */
int test_pipe(int ends[_Nonnull 2]);

/* accept4(2) with SOCK_CLOEXEC. */
int test_accept(int listener);

/* SO_ATTACH_FILTER with a filter of one instruction that keeps nothing of any segment. */
int test_drop_incoming(int socket);

/* SIOCSIFFLAGS: IFF_UP added or removed. */
int test_set_link_up(const char *_Nonnull name, int up);

#endif

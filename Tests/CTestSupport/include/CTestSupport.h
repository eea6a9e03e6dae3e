/* What the tests need of the kernel and Swift cannot call. */
#ifndef TW_INSPECT_CTESTSUPPORT_H
#define TW_INSPECT_CTESTSUPPORT_H

#include <stddef.h>
#include <sys/types.h>

enum test_call { test_call_socket, test_call_bind, test_call_listen, test_call_unshare };

struct test_denial {
  enum test_call call;
  /* Denied only if this argument (0 is the first) has that value; -1: always. */
  int argument;
  int value;
  /* What the call answers instead. */
  int error;
};

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
  /* By a seccomp filter, as systemd's RestrictAddressFamilies= does it; at most 4. */
  const struct test_denial *_Nullable denials;
  int denial_count;
  /* In a mount namespace whose /proc is an empty directory. */
  int hides_proc;
};

/* Starts a child of this process in the calling thread's network namespace. Returns its pid, or -1 with errno
   and in *stage the call that failed. */
pid_t test_spawn(const struct test_spawn_request *_Nonnull request, const char *_Nullable *_Nonnull stage);

/* Starts the process that forks for test_spawn, if it is not there yet; best before there are sockets. */
int test_start_spawner(void);

/* For the calling thread alone: glibc would change every thread. Returns the previous one. */
uid_t test_set_thread_fsuid(uid_t uid);

/* Adds a capability (CAP_*) to what is effective for the calling thread, or takes it away; only what is permitted to it can
   come back. Returns whether it was there before, or -1 with errno. */
int test_set_capability(int capability, int on);

/* Gives a file capabilities of the kind that exec makes effective (struct vfs_cap_data), or returns -1 with errno. */
int test_set_file_capability(const char *_Nonnull path, int capability);

int test_pidfd_open(pid_t pid);

/* write(2) that reports EPIPE without raising SIGPIPE. */
ssize_t test_write_quietly(int descriptor, const void *_Nonnull bytes, size_t count);

/* A new pseudo-terminal of the given size. */
int test_open_terminal(int *_Nonnull controller, int *_Nonnull terminal, int rows, int columns);

/* Whether a thread can enter a new network namespace, set its lo up, and come back: 0, or -1 with errno and
   in *stage the call that failed. Tried on a thread that ends afterwards: inside `unshare -r` without `-n` it
   cannot come back, since the old namespace belongs to another user namespace. */
int test_probe_namespace(const char *_Nullable *_Nonnull stage);

/* rtnetlink, in the calling thread's namespace: a veth pair with both ends down, the end of a link. */
int test_add_veth(const char *_Nonnull name, const char *_Nonnull peer);
int test_delete_link(const char *_Nonnull name);
/* An address on a link. `checked`: after duplicate address detection, so that it is tentative at first. */
int test_add_address(
    const char *_Nonnull name, int family, const unsigned char *_Nonnull bytes, int prefix, int checked);

/* pipe2(2) with O_CLOEXEC. */
int test_pipe(int ends[_Nonnull 2]);

/* accept4(2) with SOCK_CLOEXEC. */
int test_accept(int listener);

/* SO_ATTACH_FILTER with a filter of one instruction that keeps nothing of any segment. */
int test_drop_incoming(int socket);

/* SIOCSIFFLAGS: IFF_UP added or removed. */
int test_set_link_up(const char *_Nonnull name, int up);

/* Sends a descriptor through a Unix socket (SCM_RIGHTS). */
int test_send_descriptor(int through, int descriptor);

/* 0 where this process may load BPF programs that look at the kernel, and the kernel's types (BTF) name an iterator over TCP
   sockets. */
int test_has_tcp_iterator(void);

#endif

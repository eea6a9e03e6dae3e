/* What Swift cannot call or see. */
#ifndef TW_INSPECT_CLINUX_H
#define TW_INSPECT_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/capability.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Which signals are read and no longer end or stop the process. */
enum tw_signals {
  /* None: there is nothing to put in order, and a write that waits for its reader must not keep them off. */
  tw_no_signals,
  /* SIGINT and SIGTERM. */
  tw_ending_signals,
  /* Those, and SIGQUIT, SIGHUP, SIGTSTP and SIGWINCH. */
  tw_terminal_signals
};

/* A descriptor that becomes readable when one of them has come; those that are ignored stay so. */
int tw_open_signals(enum tw_signals which);

/* Waits for so many nanoseconds, or until there is something to read: ppoll(2), which returns what this does. */
int tw_wait_readable(int descriptor, long long nanoseconds);

/* argv[index] as the loader handed it over, NULL beyond the end: CommandLine.arguments reads /proc, which may not be
   mounted. */
const char *_Nullable tw_argument(int index);

static inline int tw_setns(int descriptor, int kind) { return setns(descriptor, kind); }
static inline int tw_unshare(int kinds) { return unshare(kinds); }

/* A TCP socket over IPv4, and a connection accepted: descriptors that neither block nor outlive an exec. */
int tw_tcp_socket(void);
int tw_accept(int socket);

/* Switches a network device of this namespace on. */
int tw_set_link_up(const char *_Nonnull name);

/* The signal that has come, or 0. */
int tw_read_signal(int descriptor);

/* Ends the process by the signal, so that its parent sees by what. */
void tw_end_by_signal(int number);

/* getdents64(2): records of struct linux_dirent64. -1 with errno. */
long tw_getdents64(int directory, void *_Nonnull buffer, size_t size);

/* The cgroup2 directory with this inode, by open_by_handle_at(2), which needs CAP_DAC_READ_SEARCH. -1 with errno. */
int tw_open_cgroup(int mount, uint64_t inode);

/* The protocol of the socket that a path leads to ("TCP", "MPTCP"): its length, or -1 with errno. */
long tw_socket_protocol(const char *_Nonnull path, char *_Nonnull buffer, size_t size);

/* pipe2(2), close-on-exec. */
int tw_pipe(int *_Nonnull reading, int *_Nonnull writing);

/* fork(2) of a child with this user and group, no other groups, and none of root's capabilities. 0 in the child, which ends
   with the errno if it may not become that user. */
int tw_fork_as(unsigned uid, unsigned gid);

/* What a socket of another process was set to. */
struct tw_reuse_options {
  uint64_t cookie;
  uint64_t inode;
  int reuse_address;
  int reuse_port;
};

/* Reads them through a duplicate of the descriptor (pidfd_open(2), pidfd_getfd(2)). No signal can stop the process while it
   has the duplicate, which keeps the port taken; nothing but fstat and getsockopt comes before it is closed. 0, or -1 with errno. */
int tw_reuse_options_of(int pid, int descriptor, struct tw_reuse_options *_Nonnull flags);

/* A capability (0 to 31) is in the calling thread's effective set: 1, 0, or -1 with errno. */
static inline int tw_has_effective_capability(int capability) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &header, sets) != 0) return -1;
  return sets[0].effective >> capability & 1;
}

/* Takes a capability (0 to 31) out of the calling thread's effective set, or puts it back. 1 if that changed something,
   0 if not or if it failed. */
static inline int tw_set_effective_capability(int capability, int is_on) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &header, sets) != 0) return 0;
  unsigned bit = 1u << capability;
  if (!!(sets[0].effective & bit) == !!is_on) return 0;
  sets[0].effective ^= bit;
  return syscall(SYS_capset, &header, sets) == 0;
}

#endif

/* System calls, GNU extensions and Linux headers that Swift's Glibc module does not offer. Unless a comment says otherwise, a
   function returns -1 and sets errno where it fails, as the system call does. */
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

/* Which signals are read through a descriptor, and no longer end or stop the process. */
enum tw_signals {
  /* None: where there is no terminal to put in order, a signal must still end a process that waits in write(2) for its
     reader. */
  tw_no_signals,
  /* SIGINT and SIGTERM. */
  tw_ending_signals,
  /* SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP and SIGWINCH. */
  tw_terminal_signals
};

/* Blocks these signals and returns a signalfd(2) that becomes readable when one has come. Those that would end or stop the
   process, but that it ignores, are left out and stay ignored. */
int tw_open_signals(enum tw_signals which);

/* Waits until one of two descriptors is readable, for this many nanoseconds at most; the second may be -1, for none. Returns 0 if
   the time has passed, 1 if the first is readable, 2 if the second alone is or its other end is gone, -1 with errno. */
int tw_wait_readable(int descriptor, int other, long long nanoseconds);

/* argv[index]; NULL beyond the end. Swift's CommandLine.arguments reads /proc, which may not be mounted. */
const char *_Nullable tw_argument(int index);

static inline int tw_setns(int descriptor, int kind) { return setns(descriptor, kind); }
static inline int tw_unshare(int kinds) { return unshare(kinds); }

/* socket(2) for TCP over IPv4, and accept4(2): both descriptors are non-blocking and close-on-exec. */
int tw_tcp_socket(void);
int tw_accept(int socket);

/* Sets IFF_UP of a device in the calling thread's network namespace, as `ip link set NAME up` does. */
int tw_set_link_up(const char *_Nonnull name);

/* The next signal from the descriptor of tw_open_signals; 0 if none has come. */
int tw_read_signal(int descriptor);

/* From now on the process ends with 71 and a sentence where memory runs out, and not by SIGABRT. */
void tw_explain_aborts(void);

/* Ends the process by the signal's default action, so that its parent learns from wait(2) which signal it was. */
void tw_end_by_signal(int number);

/* As process 1 alone: SIGINT and SIGTERM, unless they are ignored, end the process with 128 and their number. */
void tw_end_as_init(void);

/* The lowest free descriptor, open for neither reading nor writing (O_PATH). */
int tw_open_nothing(void);

/* getdents64(2): fills the buffer with records of struct linux_dirent64. Returns their length in bytes, 0 at the end. */
long tw_getdents64(int directory, void *_Nonnull buffer, size_t size);

/* Opens the directory with this inode in the cgroup2 hierarchy that `mount` is a descriptor of, by open_by_handle_at(2), which
   needs CAP_DAC_READ_SEARCH. */
int tw_open_cgroup(int mount, uint64_t inode);

/* Writes the name of the protocol ("TCP", "MPTCP") of the socket that a link in /proc/PID/fd leads to: the extended attribute
   system.sockprotoname. Returns its length, the final NUL included. */
long tw_socket_protocol(const char *_Nonnull path, char *_Nonnull buffer, size_t size);

/* pipe2(2), close-on-exec. */
int tw_pipe(int *_Nonnull reading, int *_Nonnull writing);

/* fork(2), which Swift refuses to call: the child may only do what it does in UserBindProber. */
int tw_fork(void);

/* Makes this process one with this user and group, no other groups, and none of root's capabilities but, where it is asked for,
   CAP_NET_BIND_SERVICE; one that has the user already is left as it is. */
int tw_become(unsigned uid, unsigned gid, int keeps_net_bind_service);

/* SO_REUSEADDR and SO_REUSEPORT of a socket of another process; 0 is off. */
struct tw_reuse_options {
  /* SO_COOKIE and st_ino: they tell whether the descriptor is still the socket that was meant. */
  uint64_t cookie;
  uint64_t inode;
  int reuse_address;
  int reuse_port;
};

/* Reads them through a duplicate of the process's descriptor (pidfd_open(2), pidfd_getfd(2)). The duplicate keeps the port
   taken if the owner ends meanwhile: so signals are blocked while it exists, and nothing but fstat and getsockopt is called
   before it is closed. Returns 0. */
int tw_reuse_options_of(int pid, int descriptor, struct tw_reuse_options *_Nonnull flags);

/* A TCP socket that another process listens on, as it was made. */
struct tw_server_socket {
  struct tw_reuse_options reuse;
  /* st_uid: who made the socket, which need not be who the process is now. */
  unsigned uid;
  /* IPPROTO_TCP, or 262 (IPPROTO_MPTCP). */
  int protocol;
  /* IPV6_V6ONLY; -1 where the socket does not tell, as one of IPv4. */
  int v6_only;
  /* IP_FREEBIND or IP_TRANSPARENT: its address need not be one of this host. */
  int free_bind;
  /* SO_BINDTOIFINDEX: the index of an interface; 0 is none. */
  int interface;
};

/* Reads it as tw_reuse_options_of does, with getsockopt and fstat alone. */
int tw_server_socket_of(int pid, int descriptor, struct tw_server_socket *_Nonnull found);

/* A TCP socket of another process that is bound and neither listens nor is connected. */
struct tw_bound_socket {
  uint64_t cookie;
  uint64_t inode;
  /* Inode of its network namespace; 0 without CAP_NET_ADMIN there. */
  uint64_t namespace;
  unsigned uid;
  unsigned interface;
  int v6_only;
  /* 4 or 6. */
  int version;
  /* An IPv4 address stands in the first four bytes. */
  uint8_t address[16];
  uint16_t port;
};

/* Reads it as tw_reuse_options_of does. 0; -1 with errno; ENOTSOCK if it is any other socket, or not bound. */
int tw_bound_socket_of(int pid, int descriptor, struct tw_bound_socket *_Nonnull found);

/* bpf(2), by which the kernel's iterator over TCP sockets is read. All three return a descriptor that is closed on exec.
   Loads a program for the iterator whose function has this number among the kernel's types. */
int tw_bpf_load_iterator(const uint64_t *_Nonnull instructions, unsigned count, const char *_Nonnull license,
                         unsigned function);

/* Attaches the loaded program: to nothing yet that runs. */
int tw_bpf_attach_iterator(int program);

/* What read(2) of it returns is what the program writes of the sockets of the calling thread's network namespace. */
int tw_bpf_open_iterator(int link);

/* Whether exec gave this process another user or group (set-user-ID, set-group-ID), or capabilities of the program's file. */
int tw_has_raised_privileges(void);

/* Empties the environment where exec has changed what this process may do, and whoever started it may not be trusted. */
void tw_ignore_untrusted_environment(void);

/* Keeps only these capabilities, one bit each, and sets no_new_privs. What is refused is left as it is. */
void tw_give_up_privileges(uint64_t kept);

/* Whether a capability (0 to 31) is in the calling thread's effective set: 1, 0, or -1 with errno. */
static inline int tw_has_effective_capability(int capability) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &header, sets) != 0) return -1;
  return sets[0].effective >> capability & 1;
}

/* Takes a capability (0 to 31) out of the calling thread's effective set, or puts it back. Returns 1 if that changed the set,
   and 0 if it did not or failed. */
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

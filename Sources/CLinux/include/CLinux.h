/* What Swift cannot call or see. */
#ifndef TW_INSPECT_CLINUX_H
#define TW_INSPECT_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>

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

/* A descriptor that becomes readable when SIGINT or SIGTERM would have ended the process, which they do no more. */
int tw_open_ending_signals(void);

/* The signal that has come, or 0. */
int tw_read_signal(int descriptor);

/* Ends the process by the signal, so that its parent sees by what. */
void tw_end_by_signal(int number);

#endif

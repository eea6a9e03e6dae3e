/* What Swift cannot call or see. */
#ifndef TW_INSPECT_CLINUX_H
#define TW_INSPECT_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>

/* A descriptor that becomes readable when SIGINT, SIGTERM, SIGQUIT or SIGHUP would have ended the process, which they do no
   more; with wants_terminal, SIGTSTP and SIGWINCH too. Those that are ignored stay so. */
int tw_open_signals(int wants_terminal);

/* Waits for so many nanoseconds, or until there is something to read: ppoll(2), which returns what this does. */
int tw_wait_readable(int descriptor, long long nanoseconds);

/* argv[index] as the loader handed it over, NULL beyond the end: CommandLine.arguments reads /proc, which may not be
   mounted. */
const char *_Nullable tw_argument(int index);

static inline int tw_setns(int descriptor, int kind) { return setns(descriptor, kind); }
static inline int tw_unshare(int kinds) { return unshare(kinds); }

#endif

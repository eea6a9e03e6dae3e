/* What Swift cannot call or see. */
#ifndef TW_INSPECT_CLINUX_H
#define TW_INSPECT_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>

/* argc and argv as the loader handed them over: CommandLine.arguments reads /proc, which may not be mounted. */
extern int tw_argument_count;
extern char *_Nullable *_Nullable tw_arguments;

static inline int tw_setns(int descriptor, int kind) { return setns(descriptor, kind); }
static inline int tw_unshare(int kinds) { return unshare(kinds); }

#endif

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

#endif

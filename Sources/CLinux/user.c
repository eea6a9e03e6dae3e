#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>

int tw_pipe(int *reading, int *writing) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  *reading = ends[0];
  *writing = ends[1];
  return 0;
}

int tw_fork(void) { return fork(); }

int tw_become(unsigned uid, unsigned gid, int keeps_net_bind_service) {
  if (uid == geteuid()) return 0;
  if (keeps_net_bind_service && prctl(PR_SET_KEEPCAPS, 1) != 0) return -1;
  if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) return -1;
  if (!keeps_net_bind_service) return 0;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {{0}};
  sets[0].effective = sets[0].permitted = 1u << CAP_NET_BIND_SERVICE;
  return syscall(SYS_capset, &header, sets);
}

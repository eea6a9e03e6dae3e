#define _GNU_SOURCE
#include "CLinux.h"
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

static int has_capabilities_of_the_file(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  /* root is given all capabilities by exec; what anybody else has comes from the file or was ambient before. */
  if (getuid() == 0 || syscall(SYS_capget, &header, sets) != 0) return 0;
  for (int capability = 0; capability < 64; capability++) {
    if (!(sets[capability / 32].permitted >> capability % 32 & 1)) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) != 1) return 1;
  }
  return 0;
}

int tw_has_raised_privileges(void) {
  return getauxval(AT_SECURE) && (getuid() != geteuid() || getgid() != getegid() || has_capabilities_of_the_file());
}

void tw_ignore_untrusted_environment(void) {
  if (getauxval(AT_SECURE)) clearenv();
}

void tw_give_up_privileges(uint64_t kept) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &header, sets) == 0) {
    for (int word = 0; word < 2; word++) {
      uint32_t mask = kept >> (32 * word);
      sets[word].effective &= mask;
      sets[word].permitted &= mask;
      sets[word].inheritable = 0;
    }
    syscall(SYS_capset, &header, sets);
  }
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

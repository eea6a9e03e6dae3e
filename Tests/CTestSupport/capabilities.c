#include "CTestSupport.h"

#include <linux/capability.h>
#include <linux/xattr.h>
#include <sys/xattr.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The system calls act on the calling thread alone. */
int test_set_capability(int capability, int on) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, data) < 0) return -1;
  unsigned int bit = 1u << capability % 32;
  int before = (data[capability / 32].effective & bit) != 0;
  if (on) data[capability / 32].effective |= bit;
  else data[capability / 32].effective &= ~bit;
  return syscall(SYS_capset, &header, data) < 0 ? -1 : before;
}

int test_set_file_capability(const char *path, int capability) {
  struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};
  data.data[capability / 32].permitted = 1u << capability % 32;
  return setxattr(path, XATTR_NAME_CAPS, &data, sizeof data, 0);
}

#define _GNU_SOURCE
#include "CTestSupport.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int may_load(void) {
  /* r0 = 0; exit: of a kind that looks at the kernel, so that it needs what the iterator needs. */
  static const struct bpf_insn instructions[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0}, {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = (unsigned long)instructions;
  attributes.insn_cnt = 2;
  attributes.license = (unsigned long)"GPL";
  int program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
  if (program < 0) return -1;
  close(program);
  return 0;
}

int test_has_tcp_iterator(void) {
  static const char name[] = "\0bpf_iter_tcp";
  if (may_load() != 0) return -1;
  int file = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t room = 64 << 20, length = 0;
  char *types = malloc(room);
  ssize_t count = 0;
  while (types && length < room && (count = read(file, types + length, room - length)) > 0) length += count;
  int result = types && memmem(types, length, name, sizeof name) ? 0 : -1;
  free(types);
  close(file);
  return result;
}

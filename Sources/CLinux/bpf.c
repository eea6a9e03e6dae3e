#define _GNU_SOURCE
#include "CLinux.h"
#include <linux/bpf.h>
#include <string.h>

static int call(int command, union bpf_attr *attributes) {
  return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int tw_bpf_load_iterator(const uint64_t *instructions, unsigned count, const char *license, unsigned function) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_TRACING;
  attributes.expected_attach_type = BPF_TRACE_ITER;
  attributes.attach_btf_id = function;
  attributes.insns = (uint64_t)(uintptr_t)instructions;
  attributes.insn_cnt = count;
  attributes.license = (uint64_t)(uintptr_t)license;
  strcpy(attributes.prog_name, "tw_inspect");
  return call(BPF_PROG_LOAD, &attributes);
}

int tw_bpf_attach_iterator(int program) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.link_create.prog_fd = program;
  attributes.link_create.attach_type = BPF_TRACE_ITER;
  return call(BPF_LINK_CREATE, &attributes);
}

int tw_bpf_open_iterator(int link) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.iter_create.link_fd = link;
  return call(BPF_ITER_CREATE, &attributes);
}

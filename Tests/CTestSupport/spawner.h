/* What the test process and the process that forks for it say to each other. */
#ifndef TW_INSPECT_SPAWNER_H
#define TW_INSPECT_SPAWNER_H

#include <stdint.h>

#include "CTestSupport.h"

enum {
  most_descriptors = 16,
  most_passed = most_descriptors + 3,
  most_strings = 1024,
  most_bytes = 128 * 1024,
  most_denials = 4,
};

struct order {
  int32_t argument_count, environment_count, descriptor_count;
  int32_t has_directory, has_namespace, controlling_terminal;
  /* Bit i: descriptor i is among those passed. */
  uint32_t passed;
  int64_t uid, gid, descriptor_limit;
  int32_t hides_proc, denial_count;
  struct test_denial denials[most_denials];
};

/* An order, then path, directory, arguments and environment, each with its NUL. */
struct message {
  struct order order;
  char strings[most_bytes];
};

/* Passed with it, in this order: the report pipe, the binary, the namespace (if any), the child's. */
struct passed {
  int count;
  int descriptors[most_passed];
};

struct answer {
  int32_t pid, error;
};

/* What a child writes to the report pipe if it does not come to its exec. */
struct failure {
  int32_t error;
  char stage[24];
};

/* In a newly forked process: answers the orders that come over `socket` until that is closed. */
_Noreturn void test_become_spawner(int socket);

#endif

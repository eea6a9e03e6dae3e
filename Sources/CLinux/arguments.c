#define _GNU_SOURCE
#include "CLinux.h"
#include <stddef.h>

static int argument_count;
static char **arguments;

/* glibc hands main's arguments to every constructor. */
__attribute__((constructor)) static void keep_arguments(int count, char **vector) {
  argument_count = count;
  arguments = vector;
}

const char *tw_argument(int index) {
  return index >= 0 && index < argument_count ? arguments[index] : NULL;
}

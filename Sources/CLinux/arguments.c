#define _GNU_SOURCE
#include "CLinux.h"

int tw_argument_count;
char *_Nullable *_Nullable tw_arguments;

__attribute__((constructor)) static void keep_arguments(int count, char **arguments) {
  tw_argument_count = count;
  tw_arguments = arguments;
}

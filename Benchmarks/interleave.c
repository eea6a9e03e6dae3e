// Runs several commands in turn, A B A B ..., and prints a line for each run: the number of the command (from 0), its wall
// time in nanoseconds and its peak resident memory in KiB.
//
//   interleave ROUNDS -- COMMAND [ARGUMENT...] -- COMMAND [ARGUMENT...] ...
//
// The output of the commands goes to /dev/null. What else the machine does meanwhile disturbs all commands alike.
//
// It is written in C to be small: a process starts with the peak memory of the one that spawned it (the kernel carries it over
// exec), so the parent has to be smaller than anything that it measures. posix_spawn shares the memory of the parent until
// exec, so the time of a run does not contain a fork.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_commands = 16 };

extern char **environ;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void run(int number, char **command, const posix_spawn_file_actions_t *actions) {
  pid_t child;
  int status;
  struct rusage usage;

  long long start = now();
  int error = posix_spawn(&child, command[0], actions, NULL, command, environ);
  if (error != 0) errx(1, "%s: %s", command[0], strerror(error));
  while (wait4(child, &status, 0, &usage) < 0)
    if (errno != EINTR) err(1, "wait4");
  long long end = now();

  // Status 1 is an answer: the "no" of trybind.
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
    errx(1, "%s failed (wait status 0x%x)", command[0], status);
  printf("%d %lld %ld\n", number, end - start, usage.ru_maxrss);
}

int main(int argc, char **argv) {
  char **commands[most_commands];
  int count = 0;
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--") != 0) continue;
    if (count == most_commands) errx(64, "more than %d commands", most_commands);
    argv[i] = NULL;
    commands[count++] = &argv[i + 1];
  }
  int rounds = argc > 1 ? atoi(argv[1]) : 0;
  if (rounds < 1 || count == 0) errx(64, "usage: interleave ROUNDS -- COMMAND... -- COMMAND...");

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

  for (int round = 0; round < rounds; round++)
    for (int number = 0; number < count; number++) run(number, commands[number], &actions);
  return fflush(stdout) == 0 ? 0 : 1;
}

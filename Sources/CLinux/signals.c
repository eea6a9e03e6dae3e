#define _GNU_SOURCE
#include "CLinux.h"
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

static void add_unless_ignored(sigset_t *set, int number) {
  struct sigaction action;
  if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN) sigaddset(set, number);
}

/* Does not return where memory has run out: then the Swift runtime has called abort(), which tells nobody why. */
static void explain_abort(int number) {
  const size_t enough = 64 << 20;
  (void)number;
  if (mmap(NULL, enough, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) return;
  static const char sentence[] = "tw-inspect: out of memory\n";
  if (write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0) _exit(EX_OSERR);
  _exit(EX_OSERR);
}

void tw_explain_aborts(void) {
  struct sigaction action = {.sa_handler = explain_abort};
  sigaction(SIGABRT, &action, NULL);
}

int tw_open_signals(enum tw_signals which) {
  sigset_t set;
  sigemptyset(&set);
  /* The kernel keeps a blocked signal even if it is ignored: signalfd would hand it out as if it were not. */
  if (which >= tw_ending_signals) {
    add_unless_ignored(&set, SIGINT);
    add_unless_ignored(&set, SIGTERM);
  }
  if (which >= tw_terminal_signals) {
    add_unless_ignored(&set, SIGQUIT);
    add_unless_ignored(&set, SIGHUP);
    add_unless_ignored(&set, SIGTSTP);
    sigaddset(&set, SIGWINCH);
  }
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int tw_read_signal(int descriptor) {
  struct signalfd_siginfo information;
  return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}

void tw_end_by_signal(int number) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, number);
  signal(number, SIG_DFL);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static void end(int number) { _exit(128 + number); }

void tw_end_as_init(void) {
  if (getpid() != 1) return;
  const int ending[] = {SIGINT, SIGTERM};
  for (int i = 0; i < 2; i++) {
    struct sigaction action;
    if (sigaction(ending[i], NULL, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = end;
    sigaction(ending[i], &action, NULL);
  }
}

int tw_wait_readable(int descriptor, int other, long long nanoseconds) {
  struct pollfd entries[] = {{.fd = descriptor, .events = POLLIN}, {.fd = other, .events = POLLIN}};
  struct timespec pause = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  const int count = ppoll(entries, 2, &pause, NULL);
  return count <= 0 ? count : entries[0].revents != 0 ? 1 : 2;
}

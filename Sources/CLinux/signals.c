#define _GNU_SOURCE
#include "CLinux.h"
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

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

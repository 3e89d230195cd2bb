#include "interrupt.h"

#include <array>

namespace rung::app {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t received = 0;

// The first signal is noted; after it, any of them ends the process at once.
void note(int signal_number) {
  received = signal_number;
  for (const int other : kSignals) {
    struct sigaction now {};
    if (sigaction(other, nullptr, &now) == 0 && now.sa_handler == note) std::signal(other, SIG_DFL);
  }
}

void handle(int signal_number, void (*handler)(int), int flags) {
  struct sigaction old {};
  if (sigaction(signal_number, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  received = 0;
  for (const int signal_number : kSignals)
    handle(signal_number, note, static_cast<int>(SA_RESTART | SA_RESETHAND));
}

InterruptGuard::~InterruptGuard() {
  for (const int signal_number : kSignals) handle(signal_number, SIG_DFL, 0);
}

int InterruptGuard::signal() {
  return received;
}

}  // namespace rung::app

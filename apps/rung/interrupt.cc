#include "interrupt.h"

#include <array>
#include <exception>

namespace rung::app {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t received = 0;
bool was_told = false;  // of it

// The first signal is noted; after it, Ctrl-C ends the process at once. SIGTERM may come twice from one
// sender: `timeout` signals its child and then the whole group. (By `timeout -s INT` that is a second
// Ctrl-C.)
void note(int signal_number) {
  if (received == 0) {
    received = signal_number;
    return;
  }
  if (signal_number != SIGINT) return;
  std::signal(SIGINT, SIG_DFL);
  raise(SIGINT);  // once this handler returns
}

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction old {};
  if (sigaction(signal_number, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESTART);
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  received = 0;
  was_told = false;
  for (const int signal_number : kSignals) handle(signal_number, note);
}

InterruptGuard::~InterruptGuard() {
  for (const int signal_number : kSignals) handle(signal_number, SIG_DFL);
  if (received != 0 && !was_told && std::uncaught_exceptions() == 0) raise(received);
}

int InterruptGuard::signal() {
  was_told = received != 0;
  return received;
}

}  // namespace rung::app

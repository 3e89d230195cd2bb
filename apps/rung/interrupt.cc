#include "interrupt.h"

#include <array>
#include <atomic>
#include <exception>

namespace rung::app {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// A handler may write only lock-free atomics, and any thread may read or be the one that is interrupted.
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
std::atomic<int> received = 0;
std::atomic<bool> was_told = false;  // of the signal
std::atomic<bool> is_guarded = false;

// Whether the signal is the first.
bool note_first(int signal_number) {
  int none = 0;
  return received.compare_exchange_strong(none, signal_number);
}

// The first signal is noted; after it, Ctrl-C ends the process at once. SIGTERM may come twice from one
// sender: `timeout` signals its child and then the whole group. (By `timeout -s INT` that is a second
// Ctrl-C.)
void note(int signal_number) {
  if (note_first(signal_number) || signal_number != SIGINT) return;
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
  is_guarded = true;
  for (const int signal_number : kSignals) handle(signal_number, note);
}

InterruptGuard::~InterruptGuard() {
  for (const int signal_number : kSignals) handle(signal_number, SIG_DFL);
  is_guarded = false;
  if (received != 0 && !was_told && std::uncaught_exceptions() == 0) raise(received);
}

int InterruptGuard::signal() {
  const int now = received;
  if (now != 0) was_told = true;
  return now;
}

void note_closed_reader() {
  if (!is_guarded) throw Interrupted(SIGPIPE, "", "");
  note_first(SIGPIPE);
}

}  // namespace rung::app

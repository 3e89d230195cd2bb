// Ctrl-C, a closed terminal or `kill`: training ends between two batches, other work where it can, with whole
// files and one line that says what is left. A second Ctrl-C ends the process at once. A reader of standard
// output that goes away, as `head` does, counts as such a signal: SIGPIPE.
#pragma once

#include <csignal>
#include <string>

#include "base/error.h"

namespace rung::app {

// The user, or the system, wants the program to end. An empty message prints nothing.
class Interrupted : public Error {
 public:
  Interrupted(int signal_number, const std::string& message, const std::string& hint)
      : Error(message, hint), signal(signal_number) {}
  int signal;
};

// While one exists, such a signal is noted instead of ending the process. Signals that the caller ignores
// (nohup) stay ignored. Only one may exist at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  // A signal that came after the last call of signal() ends the process now, unless an exception is in
  // flight.
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // The noted signal, or 0. Any thread may ask.
  static int signal();
};

// Standard output is no longer read: notes SIGPIPE where there is an InterruptGuard, which ends the work
// where it can; else throws Interrupted.
void note_closed_reader();

}  // namespace rung::app

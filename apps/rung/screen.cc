#include "screen.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <string>

namespace rung::app {
namespace {

// Private modes of xterm, which all current terminals have: 1049 the alternate screen, 25 the cursor.
constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
constexpr const char* kClearRestOfLine = "\x1b[K";
constexpr const char* kClearBelow = "\x1b[J";

static_assert(std::atomic<bool>::is_always_lock_free);  // or a handler may not write it
std::atomic<bool> suspending = false;

void note_suspension(int /*signal_number*/) {
  suspending = true;
}

void suspend() {
  suspending = false;
  write_to_terminal(kLeave);
  ::raise(SIGSTOP);
  write_to_terminal(kEnter);
}

}  // namespace

Screen::Screen() {
  struct sigaction before {};
  ::sigaction(SIGTSTP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) std::signal(SIGTSTP, note_suspension);  // a shell with job control
  write_to_terminal(kEnter);
}

Screen::~Screen() {
  struct sigaction now {};
  ::sigaction(SIGTSTP, nullptr, &now);
  if (now.sa_handler == note_suspension) std::signal(SIGTSTP, SIG_DFL);
  write_to_terminal(kLeave);
}

void Screen::show(std::span<const Line> lines) {
  if (suspending) suspend();
  const TerminalSize size = terminal_size();
  const bool coloured = has_colours(STDERR_FILENO);
  std::string bytes = kHome;
  for (const Line& line : lines.first(std::min(lines.size(), static_cast<size_t>(size.rows)))) {
    if (bytes != kHome) bytes += "\r\n";
    bytes += line.bytes(coloured, size.columns - 1) + kClearRestOfLine;  // a full last column may wrap
  }
  write_to_terminal(bytes + kClearBelow);
}

}  // namespace rung::app

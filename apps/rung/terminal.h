// What the program shows while it works.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "train/run_record.h"
#include "train/trainer.h"

namespace rung::app {

// Writes to standard output, at once, in printable form with line breaks: text from a file cannot steer the
// terminal. Throws IoError when that is closed, full or no longer read.
void write_out(std::string_view text);

template <typename... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  write_out(fmt::format(format, std::forward<Args>(args)...));
}

// Writes a line "rung: warning: ..." to standard error.
void warn(std::string_view text);

// Both outputs are terminals: bars and colours are welcome.
bool is_interactive();

// Columns of the terminal, 80 if unknown.
int terminal_width();

// "Test set: average loss: 0.0214, accuracy: 9944/10000 (99.44%)"
std::string evaluation_line(std::string_view split, const train::Evaluation& evaluation);

// A bar in the manner of tqdm while an epoch trains, on a terminal; then, or without one, a line an epoch.
class EpochDisplay {
 public:
  ~EpochDisplay();
  void on_batch(const train::Progress& progress);
  void on_epoch(const train::EpochRecord& epoch, int epochs, const train::Evaluation& test);

 private:
  using Clock = std::chrono::steady_clock;

  bool interactive_ = is_interactive();
  Clock::time_point drawn_;
  bool open_ = false;  // the cursor is behind a bar
};

// A bar for a download; nothing where there is no terminal.
class TransferDisplay {
 public:
  ~TransferDisplay();
  void show(std::string_view source, std::string_view file, uint64_t done, uint64_t total);

 private:
  bool interactive_ = is_interactive();
  std::chrono::steady_clock::time_point drawn_;
  bool open_ = false;  // the cursor is behind a bar
};

}  // namespace rung::app

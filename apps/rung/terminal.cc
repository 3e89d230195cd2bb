#include "terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <span>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace rung::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 50ms;
constexpr int kWidestBar = 40;
constexpr int kNarrowestBar = 5;

std::string minutes(double seconds) {
  const auto whole = static_cast<int64_t>(std::max(0.0, seconds) + 0.5);
  if (whole < 3600) return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

// Eighths of a block, as tqdm draws them.
std::string bar(double done, int width) {
  static constexpr std::array kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(done * width * 8);
  std::string text;
  for (int i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[static_cast<size_t>(eighths % 8)];
  const int drawn = (eighths + 7) / 8;
  return text + std::string(static_cast<size_t>(std::max(0, width - drawn)), ' ');
}

// "before|bar|after", at most `columns` wide, with the first of the endings that leaves room for a bar; where
// none does, the last without a bar, cut off. All text is ASCII.
std::string bar_line(const std::string& before, double done, std::span<const std::string> endings,
                     int columns) {
  constexpr int kFrame = 2;
  for (const std::string& after : endings) {
    const int room = columns - kFrame - static_cast<int>(before.size() + after.size());
    if (room >= kNarrowestBar)
      return fmt::format("{}|{}|{}", before, bar(std::clamp(done, 0.0, 1.0), std::min(room, kWidestBar)),
                         after);
  }
  return (before + endings.back()).substr(0, static_cast<size_t>(std::max(0, columns)));
}

// A bar is there to be looked at: nothing depends on whether it could be drawn.
void write_to_terminal(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

// Over the current line in one write, so that nothing flickers. The last column stays free: some terminals
// wrap when it fills.
void draw(const std::string& before, double done, std::span<const std::string> endings) {
  write_to_terminal("\r" + bar_line(before, done, endings, terminal_width() - 1) + "\x1b[K");
}

std::string reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace

void write_out(std::string_view text) {
  const std::string safe = printable(text, "\n");
  const bool written = std::fwrite(safe.data(), 1, safe.size(), stdout) == safe.size();
  if (!written || std::fflush(stdout) != 0)
    throw IoError(fmt::format("cannot write to standard output: {}", reason(errno)));
}

void warn(std::string_view text) {
  const std::string line = fmt::format("rung: warning: {}\n", printable(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

bool is_interactive() {
  return isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

int terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string evaluation_line(std::string_view split, const train::Evaluation& evaluation) {
  return fmt::format("{} set: average loss: {:.4f}, accuracy: {}/{} ({:.2f}%)", split, evaluation.loss,
                     evaluation.correct, evaluation.images, evaluation.accuracy);
}

EpochDisplay::~EpochDisplay() {
  if (open_) write_to_terminal("\n");
}

void EpochDisplay::on_batch(const train::Progress& progress) {
  if (!interactive_) return;
  const auto now = Clock::now();
  const bool last = progress.batch == progress.batches;
  if (!last && now - drawn_ < kRedraw) return;
  drawn_ = now;
  const double done = static_cast<double>(progress.batch) / progress.batches;
  const std::string count =
      fmt::format("{:{}}/{}", progress.batch, std::to_string(progress.batches).size(), progress.batches);
  const std::string left = minutes(progress.seconds / done * (1 - done));
  const double speed = progress.images / std::max(progress.seconds, 1e-9);
  const std::string loss =
      progress.loss < 100 ? fmt::format("{:.4f}", progress.loss) : fmt::format("{:.2e}", progress.loss);
  const double accuracy = 100.0 * progress.correct / progress.images;
  draw(fmt::format("Epoch {:{}}/{}: {:3.0f}%", progress.epoch, std::to_string(progress.epochs).size(),
                   progress.epochs, 100 * done),
       done,
       std::array{
           fmt::format(" {} [{}<{}, {:5.0f} images/s, loss={}, accuracy={:5.2f}%]", count,
                       minutes(progress.seconds), left, speed, loss, accuracy),
           fmt::format(" {} [<{}, {:5.0f}/s, loss={}, acc={:5.2f}%]", count, left, speed, loss, accuracy),
           fmt::format(" <{} {:5.2f}%", left, accuracy)});
  open_ = !last;
  if (last) write_to_terminal("\n");
}

void EpochDisplay::on_epoch(const train::EpochRecord& epoch, int epochs, const train::Evaluation& test) {
  std::string line = evaluation_line("Test", test);
  if (epoch.validation) {
    line = fmt::format("Validation set: average loss: {:.4f}, accuracy: {:.2f}%. {}", epoch.validation->loss,
                       epoch.validation->accuracy, line);
  }
  if (interactive_) {
    say("{}\n", line);
  } else {
    say("Epoch {}/{}: learning rate {:g}, {:.2f} s, train loss {:.4f}, accuracy {:.2f}%. {}\n", epoch.epoch,
        epochs, epoch.lr, epoch.train_seconds, epoch.train_loss, epoch.train_accuracy, line);
  }
}

TransferDisplay::~TransferDisplay() {
  if (open_) write_to_terminal("\n");
}

void TransferDisplay::show(std::string_view source, std::string_view file, uint64_t done, uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!interactive_ || (done != total && now - drawn_ < kRedraw)) return;
  drawn_ = now;
  open_ = true;
  constexpr double kMegabyte = 1e6;
  const double megabytes = static_cast<double>(done) / kMegabyte;
  std::string what = printable(fmt::format("{} {}", source, file));
  if (static_cast<int>(what.size()) > terminal_width() / 2) what = printable(file.empty() ? source : file);
  if (total == 0) {
    draw(what, 0, std::array{fmt::format(" {:.1f} MB", megabytes)});
  } else {
    const double part = static_cast<double>(done) / static_cast<double>(total);
    draw(what + " ", part,
         std::array{fmt::format(" {:.1f}/{:.1f} MB", megabytes, static_cast<double>(total) / kMegabyte),
                    fmt::format(" {:3.0f}%", 100 * part)});
  }
}

}  // namespace rung::app

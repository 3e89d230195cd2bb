#include "terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace rung::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 50ms;
constexpr int kWidestBar = 40;

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

// Draws "before|bar|after" over the current line; `after` is cut off where the terminal is too narrow.
void draw(const std::string& before, double done, std::string after) {
  const int room = terminal_width() - 1 - static_cast<int>(before.size()) - 2;
  after.resize(std::min(after.size(), static_cast<size_t>(std::max(0, room))));
  const int width = std::clamp(room - static_cast<int>(after.size()), 0, kWidestBar);
  fmt::print(stderr, "\r{}|{}|{}\x1b[K", before, bar(std::clamp(done, 0.0, 1.0), width), after);
  std::fflush(stderr);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if ((code < 0x20 && byte != '\n') || code == 0x7F) {
      result += fmt::format("\\x{:02x}", code);
    } else {
      result += byte;
    }
  }
  return result;
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

void EpochDisplay::on_batch(const train::Progress& progress) {
  if (!interactive_) return;
  const auto now = Clock::now();
  const bool last = progress.batch == progress.batches;
  if (!last && now - drawn_ < kRedraw) return;
  drawn_ = now;
  const double done = static_cast<double>(progress.batch) / progress.batches;
  draw(fmt::format("Epoch {:{}}/{}: {:3.0f}%", progress.epoch, std::to_string(progress.epochs).size(),
                   progress.epochs, 100 * done),
       done,
       fmt::format(" {}/{} [{}<{}, {:.0f} images/s, loss={:.4f}, accuracy={:.2f}%]", progress.batch,
                   progress.batches, minutes(progress.seconds), minutes(progress.seconds / done * (1 - done)),
                   progress.images / progress.seconds, progress.loss,
                   100.0 * progress.correct / progress.images));
  if (last) fmt::print(stderr, "\n");
}

void EpochDisplay::on_epoch(const train::EpochRecord& epoch, int epochs, const train::Evaluation& test) {
  if (!interactive_) {
    fmt::print("Epoch {}/{}: learning rate {:g}, {:.2f} s, train loss {:.4f}, accuracy {:.2f}%. ",
               epoch.epoch, epochs, epoch.lr, epoch.train_seconds, epoch.train_loss, epoch.train_accuracy);
  }
  fmt::print("{}\n", evaluation_line("Test", test));
  std::fflush(stdout);
}

TransferDisplay::~TransferDisplay() {
  if (open_) fmt::print(stderr, "\n");
}

void TransferDisplay::show(std::string_view what, uint64_t done, uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!interactive_ || (done != total && now - drawn_ < kRedraw)) return;
  drawn_ = now;
  open_ = true;
  constexpr double kMegabyte = 1e6;
  const auto megabytes = static_cast<double>(done) / kMegabyte;
  if (total == 0) {
    draw(fmt::format("{} ", printable(what)), 0, fmt::format(" {:.1f} MB", megabytes));
  } else {
    draw(fmt::format("{} ", printable(what)), static_cast<double>(done) / static_cast<double>(total),
         fmt::format(" {:.1f}/{:.1f} MB", megabytes, static_cast<double>(total) / kMegabyte));
  }
}

}  // namespace rung::app

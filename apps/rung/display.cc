#include "display.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "bar.h"
#include "base/text.h"
#include "data/class_names.h"

namespace rung::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 50ms;

// Overwrites the current line in one write, so that nothing flickers.
void draw(const std::string& bar) {
  write_to_terminal("\r" + bar + "\x1b[K");
}

// The last column stays free: some terminals wrap when it fills.
int bar_columns() {
  return terminal_size().columns - 1;
}

std::string transfer_bar(std::string_view source, std::string_view file, uint64_t done, uint64_t total) {
  constexpr double kMegabyte = 1e6;
  const double megabytes = static_cast<double>(done) / kMegabyte;
  std::string what = printable(fmt::format("{} {}", source, file));
  if (columns_of(what) > bar_columns() / 2) what = printable(file.empty() ? source : file);
  if (total == 0) return bar_line(what, 0, std::array{fmt::format(" {:.1f} MB", megabytes)}, bar_columns());
  const double part = static_cast<double>(done) / static_cast<double>(total);
  return bar_line(
      what + " ", part,
      std::array{fmt::format(" {:.1f}/{:.1f} MB", megabytes, static_cast<double>(total) / kMegabyte),
                 fmt::format(" {:3.0f}%", 100 * part)},
      bar_columns());
}

std::string sweep_bar(const sweep::SweepProgress& progress) {
  const double done = progress.done / static_cast<double>(progress.runs);
  const std::string count = fmt::format("{}/{}", progress.over, progress.runs);
  const std::string left = progress.seconds_left ? clock_text(*progress.seconds_left) : "?";
  const std::string failed = progress.failed == 0 ? "" : fmt::format(", {} failed", progress.failed);
  return bar_line(fmt::format("Runs: {:3.0f}%", 100 * done), done,
                  std::array{fmt::format(" {} [{}<{}, {} at once{}]", count, clock_text(progress.seconds),
                                         left, progress.at_once, failed),
                             fmt::format(" {} [<{}{}]", count, left, failed), fmt::format(" <{}", left)},
                  bar_columns());
}

// How a run ended.
std::string end_of(const sweep::SweepRun& run, recipe::Metric compared) {
  if (!run.record) return (run.diverged ? "diverged: " : "failed: ") + run.error;
  if (recipe::needs_validation(compared))
    return fmt::format("validation after the last epoch {:.2f}%, best {:.2f}%",
                       run.record->epochs.back().choosing_accuracy(),
                       run.record->chosen().choosing_accuracy());
  return fmt::format("last epoch {:.2f}%, best {:.2f}%", run.record->final_test_accuracy(),
                     run.record->best().test_accuracy);
}

}  // namespace

std::string evaluation_line(std::string_view split, const train::Evaluation& evaluation) {
  return fmt::format("{} set: average loss: {:.4f}, accuracy: {}/{} ({:.2f}%)", split, evaluation.loss,
                     evaluation.correct, evaluation.images, evaluation.accuracy);
}

std::string class_line(const train::ClassResults& classes, const data::DatasetSpec& dataset) {
  constexpr size_t kMost = 20;
  std::vector<size_t> present;
  for (size_t k = 0; k < classes.classes(); ++k)
    if (classes.images[k] > 0) present.push_back(k);
  const bool all = present.size() <= kMost;
  if (!all) {
    std::ranges::stable_sort(present, {}, [&](size_t k) { return *classes.recall(k); });
    present.resize(kMost);
  }
  std::vector<std::string> recalls;
  for (const size_t k : present)
    recalls.push_back(fmt::format("{} {:.2f}%", data::class_name(dataset, k), *classes.recall(k)));
  return fmt::format("Balanced accuracy: {:.2f}%. {} by class: {}", classes.balanced_accuracy(),
                     all ? "Recall" : "Lowest recall", fmt::join(recalls, ", "));
}

std::string epoch_bar(const train::Progress& progress, int columns) {
  const double done = static_cast<double>(progress.batch) / progress.batches;
  const std::string count =
      fmt::format("{:{}}/{}", progress.batch, std::to_string(progress.batches).size(), progress.batches);
  const std::string left = clock_text(progress.seconds / done * (1 - done));
  const double speed = progress.images / std::max(progress.seconds, 1e-9);
  const std::string loss =
      progress.loss < 100 ? fmt::format("{:.4f}", progress.loss) : fmt::format("{:.2e}", progress.loss);
  const double accuracy = 100.0 * progress.correct / progress.images;
  return bar_line(fmt::format("Epoch {:{}}/{}: {:3.0f}%", progress.epoch,
                              std::to_string(progress.epochs).size(), progress.epochs, 100 * done),
                  done,
                  std::array{fmt::format(" {} [{}<{}, {:5.0f} images/s, loss={}, accuracy={:5.2f}%]", count,
                                         clock_text(progress.seconds), left, speed, loss, accuracy),
                             fmt::format(" {} [<{}, {:5.0f}/s, loss={}, acc={:5.2f}%]", count, left, speed,
                                         loss, accuracy),
                             fmt::format(" <{} {:5.2f}%", left, accuracy)},
                  columns);
}

std::string epoch_line(const train::EpochRecord& epoch, int epochs) {
  return fmt::format("Epoch {}/{}: learning rate {:g}, {:.2f} s, train loss {:.4f}, accuracy {:.2f}%.",
                     epoch.epoch, epochs, epoch.lr, epoch.train_seconds, epoch.train_loss,
                     epoch.train_accuracy);
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
  draw(epoch_bar(progress, bar_columns()));
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
    say("{} {}\n", epoch_line(epoch, epochs), line);
  }
}

void EpochDisplay::interject(const std::string& line) {
  if (std::exchange(open_, false)) write_to_terminal("\r\x1b[K");
  say("{}\n", line);
}

std::string run_line(const sweep::SweepRun& run, size_t over, size_t runs, recipe::Metric compared) {
  return fmt::format("{}/{} {}: {}", over, runs, run.name, end_of(run, compared));
}

SweepDisplay::~SweepDisplay() {
  if (open_) write_to_terminal("\n");
}

void SweepDisplay::on_progress(const sweep::SweepProgress& progress) {
  const auto now = std::chrono::steady_clock::now();
  if (!interactive_ || now - drawn_ < kRedraw) return;
  drawn_ = now;
  open_ = true;
  draw(sweep_bar(progress));
}

void SweepDisplay::on_run(const sweep::SweepRun& run, const sweep::SweepProgress& progress) {
  if (interactive_ && run.record) return;
  if (std::exchange(open_, false)) write_to_terminal("\r\x1b[K");
  const bool more = progress.seconds_left && progress.over < progress.runs;
  say("{}{}\n", run_line(run, progress.over, progress.runs, compared_),
      more ? fmt::format(", {} left", clock_text(*progress.seconds_left)) : "");
}

CountDisplay::~CountDisplay() {
  if (open_) write_to_terminal("\n");
}

void CountDisplay::show(std::string_view what, uint64_t done, uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!interactive_ || total == 0 || (done != total && now - drawn_ < kRedraw)) return;
  drawn_ = now;
  open_ = true;
  const double part = static_cast<double>(done) / static_cast<double>(total);
  draw(bar_line(printable(what) + " ", part,
                std::array{fmt::format(" {}/{}", with_commas(static_cast<int64_t>(done)),
                                       with_commas(static_cast<int64_t>(total))),
                           fmt::format(" {:3.0f}%", 100 * part)},
                bar_columns()));
}

TransferDisplay::~TransferDisplay() {
  if (open_) write_to_terminal("\n");
}

void TransferDisplay::show(std::string_view source, std::string_view file, uint64_t done, uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!interactive_ || (done != total && now - drawn_ < kRedraw)) return;
  drawn_ = now;
  open_ = true;
  draw(transfer_bar(source, file, done, total));
}

}  // namespace rung::app

#include "watch_view.h"
#include "base/require.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>

#include "bar.h"
#include "base/text.h"
#include "display.h"
#include "table.h"

namespace rung::app {
namespace {

using train::EpochRecord;
using train::RunState;

constexpr size_t kMostEpochs = 10;  // in the table
constexpr double kSilence = 15;     // seconds without news worth mentioning: a slow disk, a stopped process

using Lines = std::vector<Line>;

std::string percent(double value) {
  return fmt::format("{:.2f}%", value);
}

// The first epoch with the highest test accuracy. Precondition: at least one.
const EpochRecord& best_of(std::span<const EpochRecord> epochs) {
  RUNG_REQUIRE(!epochs.empty());
  return *std::ranges::max_element(epochs, {}, &EpochRecord::test_accuracy);
}

double seconds_of(std::span<const EpochRecord> epochs) {
  double sum = 0;
  for (const EpochRecord& epoch : epochs) sum += epoch.total_seconds();
  return sum;
}

// "✓ step1  98.84%, best 98.94% in epoch 12, 00:24"
Line step_line(const ladder::Job::Step& step, const train::RunStatus& status, bool current,
               int name_columns) {
  const bool finished = status.state == RunState::kFinished;
  Line line;
  line.add(finished ? "✓ " : current ? "▸ " : "  ", finished ? Colour::kGreen : Colour::kPlain);
  line.add(padded(printable(step.recipe.name), name_columns), current ? Colour::kBold : Colour::kPlain);
  if (!status.epochs.empty()) {
    const EpochRecord& best = best_of(status.epochs);
    line.add(fmt::format("  {}, best {} in epoch {}, {}", percent(status.epochs.back().test_accuracy),
                         percent(best.test_accuracy), best.epoch, clock_text(seconds_of(status.epochs))));
  }
  if (!finished && !status.epochs.empty())
    line.add(fmt::format(", {} of {} epochs", status.epochs.size(), step.recipe.training.epochs));
  return line;
}

void add_steps(Lines& lines, const ladder::Job& job, const ladder::JobStatus& status) {
  int name_columns = 0;
  for (const auto& step : job.steps)
    name_columns = std::max(name_columns, columns_of(printable(step.recipe.name)));
  for (size_t step = 0; step < job.steps.size(); ++step)
    lines.push_back(step_line(job.steps[step], status.steps[step],
                              step == status.current && status.state != RunState::kFinished, name_columns));
  lines.emplace_back();
}

// Estimated seconds for the rest of the run at its speed so far; none before there is any progress.
std::optional<double> seconds_left(const train::RunStatus& run, int epochs) {
  const double under_way = run.progress ? run.progress->seconds : 0;
  const auto done = static_cast<double>(run.epochs.size());
  double each = 0;
  if (done > 0) {
    each = seconds_of(run.epochs) / done;
  } else if (run.progress) {
    each = under_way * run.progress->batches / run.progress->batch;
  } else {
    return std::nullopt;
  }
  return std::max(0.0, each * (epochs - done) - under_way);
}

// The run as a whole: "All   7/16:  43%|████      | [00:12<00:15]".
std::string run_bar(const train::RunStatus& run, int epochs, int columns) {
  const double done = run.share_done(epochs);
  const auto left = seconds_left(run, epochs);
  const std::string after =
      fmt::format(" [{}<{}]", clock_text(seconds_of(run.epochs) + (run.progress ? run.progress->seconds : 0)),
                  left ? clock_text(*left) : "?");
  const std::string number = fmt::format("{}", epochs);
  return bar_line(
      fmt::format("Run   {:{}}/{}: {:3.0f}%", run.epochs.size(), number.size(), number, 100 * done), done,
      std::array{after, std::string()}, columns);
}

void add_bars(Lines& lines, const train::RunStatus& run, int epochs, int columns) {
  if (run.progress) lines.emplace_back(epoch_bar(*run.progress, columns));
  lines.emplace_back(run_bar(run, epochs, columns));
  lines.emplace_back();
}

// Curves show the logarithms of the loss and of the error, because the last epochs' changes are small
// compared with the first one's.
double height_of_loss(double loss) {
  return std::log(std::max(loss, 1e-6));
}
double height_of_accuracy(double accuracy) {
  return -std::log(std::max(100 - accuracy, 0.005));
}

struct Curve {
  const char* name;
  double (*value)(const EpochRecord&);
  bool is_loss;
  bool of_validation = false;
};

constexpr std::array kCurves = {
    Curve{"train loss", [](const EpochRecord& e) { return e.train_loss; }, true},
    Curve{"valid loss", [](const EpochRecord& e) { return e.validation->loss; }, true, true},
    Curve{"test loss", [](const EpochRecord& e) { return e.test_loss; }, true},
    Curve{"train acc.", [](const EpochRecord& e) { return e.train_accuracy; }, false},
    Curve{"valid acc.", [](const EpochRecord& e) { return e.validation->accuracy; }, false, true},
    Curve{"test acc.", [](const EpochRecord& e) { return e.test_accuracy; }, false}};

Line curve_line(const Curve& curve, std::span<const EpochRecord> epochs, int columns) {
  constexpr int kLongest = 60;
  std::vector<double> heights;
  for (const EpochRecord& epoch : epochs) {
    const double value = curve.value(epoch);
    heights.push_back(curve.is_loss ? height_of_loss(value) : height_of_accuracy(value));
  }
  const double last = curve.value(epochs.back());
  Line line(
      fmt::format("{:<10} {:>8}  ", curve.name, curve.is_loss ? fmt::format("{:.4f}", last) : percent(last)));
  return line.add(sparkline(heights, std::min(kLongest, columns - line.columns())), Colour::kGreen);
}

void add_curves(Lines& lines, std::span<const EpochRecord> epochs, int columns) {
  const bool validates =
      std::ranges::all_of(epochs, [](const EpochRecord& epoch) { return epoch.validation.has_value(); });
  for (const Curve& curve : kCurves)
    if (validates || !curve.of_validation) lines.push_back(curve_line(curve, epochs, columns));
  const EpochRecord& best = best_of(epochs);
  lines.emplace_back(
      fmt::format("best test accuracy {}, in epoch {}", percent(best.test_accuracy), best.epoch),
      Colour::kDim);
}

void add_epochs(Lines& lines, std::span<const EpochRecord> epochs, TerminalSize room) {
  const auto used = static_cast<int>(lines.size()) + 3;  // with a gap, the head and the line below
  const auto count = static_cast<size_t>(std::max(0, room.rows - used));
  const auto shown = epochs.last(std::min({count, kMostEpochs, epochs.size()}));
  if (shown.empty()) return;
  Table table({{.head = "epoch"},
               {.head = "lr", .rank = 3},
               {.head = "train loss", .rank = 1},
               {.head = "train acc.", .rank = 2},
               {.head = "test loss", .rank = 1},
               {.head = "test acc."},
               {.head = "seconds", .rank = 3}});
  for (const EpochRecord& epoch : shown)
    table.add({std::to_string(epoch.epoch), fmt::format("{:g}", epoch.lr),
               fmt::format("{:.4f}", epoch.train_loss), percent(epoch.train_accuracy),
               fmt::format("{:.4f}", epoch.test_loss), percent(epoch.test_accuracy),
               fmt::format("{:.2f}", epoch.total_seconds())});
  lines.emplace_back();
  for (Line& line : table.lines(room.columns)) lines.push_back(std::move(line));
}

}  // namespace

std::vector<Line> watch_view(const ladder::Job& job, const ladder::JobStatus& status, TerminalSize room) {
  const train::RunStatus& run = status.steps[status.current];
  const recipe::Recipe& recipe = job.steps[status.current].recipe;
  const int columns = room.columns - 1;  // a full last column may wrap
  Lines lines{Line(job.folder.string(), Colour::kDim)};
  if (job.is_ladder) add_steps(lines, job, status);
  lines.emplace_back(recipe.title, Colour::kBold);
  if (status.state != RunState::kFinished) add_bars(lines, run, recipe.training.epochs, columns);
  if (!run.epochs.empty()) {
    add_curves(lines, run.epochs, columns);
    add_epochs(lines, run.epochs, {.columns = columns, .rows = room.rows});
  }
  return lines;
}

Line watch_note(const train::RunStatus& run) {
  if (run.silence > kSilence)
    return {fmt::format("No news for {}: a long evaluation, or a process that was stopped",
                        clock_text(run.silence)),
            Colour::kYellow};
  if (run.epochs.empty() && !run.progress)
    return {"It has started; there is nothing to see yet", Colour::kDim};
  return {"Ctrl-C ends the watching, not the job", Colour::kDim};
}

std::string ending_line(const ladder::Job& job, const ladder::JobStatus& status) {
  const auto& epochs = status.steps.back().epochs;
  const EpochRecord& best = best_of(epochs);
  return fmt::format("{} is finished: {}test accuracy {} after the last epoch, at best {} in epoch {}",
                     job.folder.string(),
                     job.is_ladder ? printable(job.steps.back().recipe.name) + " has " : "",
                     percent(epochs.back().test_accuracy), percent(best.test_accuracy), best.epoch);
}

}  // namespace rung::app

#include "ladder/sweep_status.h"

#include <algorithm>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "base/claimed_folder.h"

namespace rung::ladder {
namespace {

using train::RunState;
using UnderWay = SweepStatus::UnderWay;

int epochs_of(const SweepPlan& plan, const SweepRun& run) {
  return plan.recipes[run.recipe].training.epochs;
}

// How much of the run is done, 0 to 1.
double share_done(const train::RunStatus& run, int epochs) {
  const double part = run.progress ? static_cast<double>(run.progress->batch) / run.progress->batches : 0;
  return std::min(1.0, (static_cast<double>(run.epochs.size()) + part) / epochs);
}

struct Mean {
  double sum = 0;
  double weight = 0;

  std::optional<double> value() const { return weight > 0 ? std::optional(sum / weight) : std::nullopt; }
};

// The seconds that a run of each recipe takes, by what has been seen of it: whole runs, or else the epochs of
// those under way. None of a recipe that has not begun.
std::vector<std::optional<double>> seconds_by_recipe(const SweepPlan& plan, std::span<const SweepRun> runs,
                                                     std::span<const UnderWay> under_way) {
  std::vector<Mean> whole(plan.recipes.size());
  std::vector<Mean> parts(plan.recipes.size());
  for (const SweepRun& run : runs) {
    if (!run.record) continue;
    whole[run.recipe].sum += run.record->total_seconds();
    whole[run.recipe].weight += 1;
  }
  for (const UnderWay& one : under_way) {
    Mean& part = parts[runs[one.run].recipe];
    for (const train::EpochRecord& epoch : one.status.epochs) part.sum += epoch.total_seconds();
    part.weight += static_cast<double>(one.status.epochs.size()) / epochs_of(plan, runs[one.run]);
  }
  std::vector<std::optional<double>> seconds;
  for (size_t recipe = 0; recipe < plan.recipes.size(); ++recipe)
    seconds.push_back(whole[recipe].weight > 0 ? whole[recipe].value() : parts[recipe].value());
  return seconds;
}

// If as many runs as now go on side by side. A recipe that has not begun is taken for the mean of the others.
std::optional<double> seconds_left(const SweepPlan& plan, std::span<const SweepRun> runs,
                                   std::span<const UnderWay> under_way) {
  const auto by_recipe = seconds_by_recipe(plan, runs, under_way);
  Mean known;
  for (const auto& seconds : by_recipe) {
    known.sum += seconds.value_or(0);
    known.weight += seconds ? 1 : 0;
  }
  if (!known.value()) return std::nullopt;
  const auto seconds_of = [&](const SweepRun& run) { return by_recipe[run.recipe].value_or(*known.value()); };
  double left = 0;
  for (const SweepRun& run : runs) left += run.is_over() ? 0 : seconds_of(run);
  for (const UnderWay& one : under_way) {
    const SweepRun& run = runs[one.run];
    left -= seconds_of(run) * share_done(one.status, epochs_of(plan, run));
  }
  return left / static_cast<double>(under_way.size());
}

}  // namespace

SweepWatcher::SweepWatcher(std::filesystem::path folder)
    : folder_(std::move(folder)), plan_(load_plan(folder_)), runs_(runs_of(plan_)) {}

SweepStatus SweepWatcher::look() {
  SweepStatus status;
  const bool claimed = is_claimed(folder_);  // first: what an unclaimed folder holds is final
  for (size_t index = 0; index < runs_.size(); ++index) {
    SweepRun& run = runs_[index];
    const auto folder = run_folder(folder_, run);
    std::error_code ignored;
    if (run.is_over() || !std::filesystem::exists(folder, ignored)) continue;
    read_end(folder_, plan_, run);
    if (run.is_over() || !claimed || !is_claimed(folder)) continue;
    status.under_way.push_back({index, train::look_at_run(folder, epochs_of(plan_, run))});
    status.done += share_done(status.under_way.back().status, epochs_of(plan_, run));
  }
  for (const SweepRun& run : runs_) {
    status.over += run.is_over() ? 1 : 0;
    status.failed += run.error.empty() ? 0 : 1;
  }
  status.done += static_cast<double>(status.over);
  if (!status.under_way.empty()) status.seconds_left = seconds_left(plan_, runs_, status.under_way);
  if (status.over == runs_.size()) {
    status.state = RunState::kFinished;
  } else {
    status.state = claimed ? RunState::kRunning : RunState::kStopped;
  }
  return status;
}

}  // namespace rung::ladder

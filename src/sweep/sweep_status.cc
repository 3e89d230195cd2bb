#include "sweep/sweep_status.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/claimed_folder.h"

namespace rung::sweep {
namespace {

namespace fs = std::filesystem;

using train::RunState;
using UnderWay = SweepStatus::UnderWay;

int epochs_of(const SweepPlan& plan, const SweepRun& run) {
  return plan.recipes[run.recipe].training.epochs;
}

struct Mean {
  double sum = 0;
  double weight = 0;

  std::optional<double> value() const { return weight > 0 ? std::optional(sum / weight) : std::nullopt; }
};

// The seconds that a run of each recipe takes, judged by whole runs, or otherwise by the finished parts of
// current ones. None for a recipe that has not begun.
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
    part.sum += one.status.progress ? one.status.progress->seconds : 0;
    part.weight += one.status.share_done(epochs_of(plan, runs[one.run]));
  }
  std::vector<std::optional<double>> seconds;
  for (size_t recipe = 0; recipe < plan.recipes.size(); ++recipe)
    seconds.push_back(whole[recipe].weight > 0 ? whole[recipe].value() : parts[recipe].value());
  return seconds;
}

// Assumes that as many runs as now train side by side. A recipe that has not begun counts as the mean of the
// others.
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
  double longest = 0;  // of the current runs; decisive if none is waiting
  for (const UnderWay& one : under_way) {
    const SweepRun& run = runs[one.run];
    const double share = one.status.share_done(epochs_of(plan, run));
    left -= seconds_of(run) * share;
    longest = std::max(longest, seconds_of(run) * (1 - share));
  }
  left = std::max(longest, left / static_cast<double>(under_way.size()));
  return std::isfinite(left) ? std::optional(left) : std::nullopt;
}

}  // namespace

SweepWatcher::SweepWatcher(fs::path folder) : folder_(std::move(folder)) {
  update_plan();
}

void SweepWatcher::update_plan() {
  const auto written = plan_time(folder_);
  if (written == plan_time_) return;
  plan_ = load_plan(folder_);
  plan_time_ = written;
  std::map<std::string, SweepRun> known;
  for (SweepRun& run : runs_) known.emplace(run.name, std::move(run));
  runs_ = runs_of(plan_);
  for (SweepRun& run : runs_) {
    const auto before = known.find(run.name);
    if (before == known.end()) continue;
    run.record = std::move(before->second.record);
    run.error = std::move(before->second.error);
    run.diverged = before->second.diverged;
  }
}

SweepStatus SweepWatcher::look() {
  SweepStatus status;
  const bool claimed = is_claimed(folder_);  // first, because an unclaimed folder's content is final
  update_plan();
  for (size_t index = 0; index < runs_.size(); ++index) {
    SweepRun& run = runs_[index];
    const auto folder = run_folder(folder_, run);
    std::error_code ignored;
    if (run.is_over() || !fs::exists(folder, ignored)) continue;
    read_end(folder_, plan_, run);
    if (run.is_over() || !claimed || !is_claimed(folder)) continue;
    status.under_way.push_back({index, train::look_at_run(folder, epochs_of(plan_, run))});
    status.done += status.under_way.back().status.share_done(epochs_of(plan_, run));
  }
  for (const SweepRun& run : runs_) {
    status.over += run.is_over() ? 1 : 0;
    status.diverged += run.diverged ? 1 : 0;
  }
  status.done += static_cast<double>(status.over);
  if (!status.under_way.empty()) status.seconds_left = seconds_left(plan_, runs_, status.under_way);
  if (claimed) {
    status.state = RunState::kRunning;
  } else {
    status.state = status.over == runs_.size() ? RunState::kFinished : RunState::kStopped;
  }
  return status;
}

}  // namespace rung::sweep

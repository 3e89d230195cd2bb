#include "sweep/sweep.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/require.h"
#include "base/text.h"
#include "data/arrange.h"
#include "ladder/run.h"
#include "nn/plan.h"
#include "train/run_directory.h"

namespace rung::sweep {
namespace {

namespace fs = std::filesystem;

}  // namespace

Sweep::Sweep(SweepPlan plan, fs::path folder)
    : folder_(std::move(folder)),
      claim_(folder_),
      plan_(with_stored_names(folder_, std::move(plan))),
      runs_(runs_of(plan_)) {
  require_same_recipes(folder_, plan_);
  for (SweepRun& run : runs_) restore(run);
  std::deque<size_t> left;
  for (size_t index = 0; index < runs_.size(); ++index)
    if (!runs_[index].is_over()) left.push_back(index);
  over_before_ = runs_.size() - left.size();
  left_.emplace(std::move(left), [this](size_t index) {
    return Task{index, recipe_of(plan_, runs_[index]), run_folder(folder_, runs_[index])};
  });
  if (over_before_ > 0) store_plan(folder_, plan_);  // tells watchers at once that it has resumed
}

void Sweep::restore(SweepRun& run) const {
  remove_leftovers_of(run_folder(folder_, run) / kDivergedFile);
  read_end(folder_, plan_, run);
  std::error_code ignored;
  if (!run.is_over()) fs::remove(run_folder(folder_, run) / train::kResultFile, ignored);
}

void Sweep::require_same_origin(const Datasets& datasets) const {
  RUNG_REQUIRE(std::ranges::all_of(plan_.recipes, [&](const recipe::Recipe& recipe) {
    return datasets.contains(data::arrangement_of(recipe.dataset));
  }));
  if (over_before_ == 0) return;
  std::map<std::string, std::string> hashes;
  for (const auto& [arrangement, data] : datasets) hashes[arrangement] = data::sha256(data);
  std::vector<nn::Plan> plans;
  for (const recipe::Recipe& recipe : plan_.recipes) plans.push_back(nn::make_plan(recipe.model));
  for (const SweepRun& run : runs_) {
    if (!run.is_over()) continue;
    const recipe::Recipe recipe = recipe_of(plan_, run);
    // (An unusable checkpoint is no longer needed.)
    train::require_origin(
        run_folder(folder_, run) / train::kCheckpointFile, plans[run.recipe],
        train::origin_of(recipe::to_toml(recipe), hashes.at(data::arrangement_of(recipe.dataset))));
  }
}

void Sweep::run(std::span<Crew* const> crews, const SweepObserver& observer, Clock::duration patience) {
  store_plan(folder_, plan_);
  const DispatchObserver dispatch{.on_end = [&](const Report& report) { note(report, observer); },
                                  .on_progress =
                                      [&](size_t busy, double under_way) {
                                        busy_ = busy;
                                        under_way_ = under_way;
                                        if (observer.on_progress) observer.on_progress(progress());
                                      },
                                  .should_stop = observer.should_stop};
  left_->run(crews, dispatch, patience);
}

void Sweep::note(const Report& report, const SweepObserver& observer) {
  SweepRun& run = runs_[report.index];
  if (report.end == End::kFinished) {
    run.record = report.record;
  } else {
    run.error = printable(report.message);
    run.diverged = report.end == End::kDiverged;
  }
  if (observer.on_run) observer.on_run(run, progress());
}

SweepProgress Sweep::progress() const {
  SweepProgress progress{.runs = runs_.size(), .at_once = busy_, .seconds_left = {}};
  for (const SweepRun& run : runs_) {
    progress.over += run.is_over() ? 1 : 0;
    progress.failed += run.error.empty() ? 0 : 1;
  }
  progress.done = static_cast<double>(progress.over) + under_way_;
  progress.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  const double done_here = progress.done - static_cast<double>(over_before_);
  if (done_here > 0)
    progress.seconds_left =
        progress.seconds / done_here * (static_cast<double>(progress.runs) - progress.done);
  return progress;
}

}  // namespace rung::sweep

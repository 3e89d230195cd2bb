#include "sweep/sweep.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <thread>
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

using namespace std::chrono_literals;

constexpr auto kBetweenLooks = 10ms;
constexpr int kAttempts = 2;

}  // namespace

Sweep::Sweep(SweepPlan plan, fs::path folder)
    : folder_(std::move(folder)),
      claim_(folder_),
      plan_(with_stored_names(folder_, std::move(plan))),
      runs_(runs_of(plan_)),
      attempts_(runs_.size()) {
  require_same_recipes(folder_, plan_);
  for (SweepRun& run : runs_) restore(run);
  for (size_t index = 0; index < runs_.size(); ++index)
    if (!runs_[index].is_over()) waiting_.push_back(index);
  over_before_ = runs_.size() - waiting_.size();
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
  while (!waiting_.empty() || busy_ > 0) {
    for (Crew* crew : crews) hand_out(*crew);
    std::this_thread::sleep_for(kBetweenLooks);
    for (Crew* crew : crews) collect(*crew, observer);
    busy_ = 0;
    under_way_ = 0;
    for (const Crew* crew : crews) {
      busy_ += crew->busy();
      under_way_ += crew->under_way();
    }
    if (observer.on_progress) observer.on_progress(progress());
    const bool stopping = observer.should_stop && observer.should_stop();
    if (!stopping && no_space_.empty()) continue;
    settle(crews, observer, patience);
    if (!no_space_.empty()) throw NoSpaceError(std::exchange(no_space_, ""));
    if (!waiting_.empty() || busy_ > 0) throw ladder::Stopped("interrupted");
  }
}

void Sweep::hand_out(Crew& crew) {
  while (!waiting_.empty() && crew.idle() > 0) {
    const SweepRun& run = runs_[waiting_.front()];
    crew.start({waiting_.front(), recipe_of(plan_, run), run_folder(folder_, run)});
    waiting_.pop_front();
  }
}

void Sweep::collect(Crew& crew, const SweepObserver& observer) {
  for (const Report& report : crew.reports()) note(report, observer);
}

void Sweep::note(const Report& report, const SweepObserver& observer) {
  SweepRun& run = runs_[report.index];
  if (report.end == End::kNoSpace) no_space_ = report.message;
  const bool again = report.end == End::kStopped || report.end == End::kNoSpace ||
                     (report.end == End::kFailed && ++attempts_[report.index] < kAttempts);
  if (again) {
    waiting_.push_back(report.index);
    return;
  }
  if (report.end == End::kFinished) {
    run.record = report.record;
  } else {
    run.error = printable(report.message);
    run.diverged = report.end == End::kDiverged;
  }
  if (observer.on_run) observer.on_run(run, progress());
}

// Waits until all runs under way have stopped, or no longer than `patience`: then busy_ is how many have not.
void Sweep::settle(std::span<Crew* const> crews, const SweepObserver& observer, Clock::duration patience) {
  for (Crew* crew : crews) crew->stop();
  const auto give_up = Clock::now() + patience;
  for (busy_ = 1; busy_ > 0 && Clock::now() < give_up;) {
    std::this_thread::sleep_for(kBetweenLooks);
    busy_ = 0;
    for (Crew* crew : crews) {
      collect(*crew, observer);
      busy_ += crew->busy();
    }
  }
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

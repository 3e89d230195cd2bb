// Carries out a plan: every recipe with every seed, each run in a folder of its own, and none twice.
// Unfinished runs resume from their checkpoints. How the results compare is sweep_report.h's business.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/claimed_folder.h"
#include "sweep/crew.h"
#include "sweep/dispatch.h"
#include "sweep/sweep_folder.h"
#include "sweep/sweep_plan.h"

namespace rung::sweep {

struct SweepProgress {
  size_t runs = 0;
  size_t over = 0;    // finished, diverged or failed
  size_t failed = 0;  // of these, not finished
  size_t at_once = 0;
  double done = 0;                     // runs, including parts of current ones
  double seconds = 0;                  // since this process began
  std::optional<double> seconds_left;  // none before it can be estimated
};

// Callbacks of a sweep; each may be empty.
struct SweepObserver {
  std::function<void(const SweepRun&, const SweepProgress&)> on_run;  // it is over
  std::function<void(const SweepProgress&)> on_progress;              // many times per second
  std::function<bool()> should_stop;
};

class Sweep {
 public:
  // Claims the folder and reads its content; a damaged result.json is removed, so that its run is completed
  // again. If some runs are already over, the plan is stored at once, for `rung watch`. Throws UsageError if
  // the folder is another sweep's (see require_same_recipes) or another process has claimed it; IoError.
  Sweep(SweepPlan plan, std::filesystem::path folder);

  const SweepPlan& plan() const { return plan_; }  // with the names that the folder has for its recipes
  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<SweepRun>& runs() const { return runs_; }  // recipe by recipe, seed by seed
  size_t unfinished() const { return left_->waiting(); }

  // Throws UsageError if a finished run was trained on other images than these, or with kernels that compute
  // other bits, as far as a checkpoint says so. Precondition: every recipe's dataset is present.
  void require_same_origin(const Datasets& datasets) const;

  using Clock = Dispatch::Clock;

  // Hands out what is left to do until all runs are over, as Dispatch::run().
  void run(std::span<Crew* const> crews, const SweepObserver& observer,
           Clock::duration patience = std::chrono::seconds(10));

 private:
  void restore(SweepRun& run) const;
  void note(const Report& report, const SweepObserver& observer);
  SweepProgress progress() const;

  std::filesystem::path folder_;
  ClaimedFolder claim_;
  SweepPlan plan_;
  std::vector<SweepRun> runs_;
  std::optional<Dispatch> left_;  // runs that are not over
  size_t over_before_ = 0;        // at the start of this process
  size_t busy_ = 0;
  double under_way_ = 0;
  Clock::time_point started_ = Clock::now();
};

}  // namespace rung::sweep

// The state of a sweep as its folder shows it to an observer, who writes nothing and blocks nobody.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "sweep/sweep_folder.h"
#include "train/run_status.h"

namespace rung::sweep {

struct SweepStatus {
  struct UnderWay {
    size_t run = 0;           // among the sweep's
    train::RunStatus status;  // of a run that a process is working on
  };

  // Finished once all runs are over and no process works on the sweep. Nothing in a failed run's folder says
  // that it failed, so it counts as waiting.
  train::RunState state = train::RunState::kNotBegun;
  size_t over = 0;      // runs that finished or diverged
  size_t diverged = 0;  // of these
  double done = 0;      // runs, including parts of current ones
  std::vector<UnderWay> under_way;
  std::optional<double> seconds_left;  // none before it can be estimated
};

class SweepWatcher {
 public:
  // Throws as load_plan() does.
  explicit SweepWatcher(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  const SweepPlan& plan() const { return plan_; }
  const std::vector<SweepRun>& runs() const { return runs_; }  // as of the last look

  // Reads the plan again if runs have been added. Throws as load_plan(), read_end() and train::look_at_run().
  SweepStatus look();

 private:
  void update_plan();

  std::filesystem::path folder_;
  std::filesystem::file_time_type plan_time_;  // of the plan that was read
  SweepPlan plan_;
  std::vector<SweepRun> runs_;
};

}  // namespace rung::sweep

// What a run's folder tells an observer, perhaps while another process trains in it. It writes nothing and
// blocks nobody. It does not interpret a finished run's numbers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/run_record.h"
#include "train/trainer.h"

namespace rung::train {

enum class RunState {
  kNotBegun,  // there is no run
  kRunning,   // a process holds the folder's lock
  kStopped,   // it was begun, is not finished, and no process holds the lock
  kFinished,  // it has its result
};

struct RunStatus {
  RunState state = RunState::kNotBegun;
  std::vector<EpochRecord> epochs;   // the finished ones
  std::optional<Progress> progress;  // of the current epoch, if the running job has published it
  std::string divergence;            // why a stopped run diverged; empty if it did not
  double silence = 0;                // seconds since a running job last wrote anything

  double share_of_epoch() const;           // how much of the current epoch is done, as far as known
  double share_done(int of_epochs) const;  // of the whole run, 0 to 1
};

// `epochs` is how many the run is to have. Throws as read_epochs() does.
RunStatus look_at_run(const std::filesystem::path& folder, int epochs);

}  // namespace rung::train

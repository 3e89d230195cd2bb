// What `rung watch` shows on a terminal.
#pragma once

#include <vector>

#include "ladder/job.h"
#include "sweep/sweep_status.h"
#include "terminal.h"

namespace rung::app {

// The ladder's steps; the current run's bars, curves and last epochs, as many as fit.
std::vector<Line> watch_view(const ladder::Job& job, const ladder::JobStatus& status, TerminalSize room);

// The note below the view while the job is watched.
Line watch_note(const train::RunStatus& run);
Line watch_note(const sweep::SweepStatus& status);

// "runs/step3-seed1 is finished: test accuracy 99.34 % after the last epoch, 99.40 % at best, in epoch 14"
std::string ending_line(const ladder::Job& job, const ladder::JobStatus& status);

// A bar over all runs, each recipe's accuracy so far, and the current runs.
std::vector<Line> watch_view(const sweep::SweepWatcher& sweep, const sweep::SweepStatus& status,
                             TerminalSize room);

// "runs/sweep-step5 is finished: 20 runs"
std::string ending_line(const sweep::SweepWatcher& sweep, const sweep::SweepStatus& status);

}  // namespace rung::app

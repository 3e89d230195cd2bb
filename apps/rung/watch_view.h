// What `rung watch` shows of a job on a terminal.
#pragma once

#include <vector>

#include "ladder/job.h"
#include "terminal.h"

namespace rung::app {

// The ladder's steps; the current run's bars, curves and last epochs, as many as there is room for.
std::vector<Line> watch_view(const ladder::Job& job, const ladder::JobStatus& status, TerminalSize room);

// What there is to say beneath that while the job is looked at again and again.
Line watch_note(const train::RunStatus& run);

// "runs/step3-seed1 is finished: test accuracy 99.34 % after the last epoch, 99.40 % at best, in epoch 14"
std::string ending_line(const ladder::Job& job, const ladder::JobStatus& status);

}  // namespace rung::app

// The report at the end of a training run.
#pragma once

#include <filesystem>

#include "base/thread_pool.h"
#include "data/dataset.h"

namespace rung::app {

// Writes report.html into the folder of a run or a ladder that was trained on `data`, and says so. If it
// cannot be written, that costs a line on standard error, not the run.
void report_on(const std::filesystem::path& folder, const data::Dataset& data, ThreadPool& pool);

}  // namespace rung::app

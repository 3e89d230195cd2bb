// The page about a sweep: how the runs of each recipe are distributed over their seeds, and how recipes
// compare.
#pragma once

#include <string>

#include "ladder/sweep.h"
#include "ladder/sweep_statistics.h"

namespace rung::report {

std::string sweep_page(const ladder::Sweep& sweep, const ladder::SweepStatistics& statistics);

}  // namespace rung::report

// The page about a sweep: the distribution of each recipe's runs over their seeds, and comparisons of
// recipes.
#pragma once

#include <string>

#include "ladder/sweep.h"
#include "ladder/sweep_statistics.h"

namespace rung::report {

std::string sweep_page(const ladder::Sweep& sweep, const ladder::SweepStatistics& statistics);

}  // namespace rung::report

// The page about a sweep: the distribution of each recipe's runs over their seeds, and comparisons of
// recipes.
#pragma once

#include <string>

#include "sweep/sweep.h"
#include "sweep/sweep_statistics.h"

namespace rung::report {

std::string sweep_page(const sweep::Sweep& sweep, const sweep::SweepStatistics& statistics);

}  // namespace rung::report

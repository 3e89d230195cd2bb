// The page about a sweep: the distribution of each recipe's runs over their seeds, and comparisons of
// recipes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sweep/sweep.h"
#include "sweep/sweep_statistics.h"

namespace rung::report {

std::string sweep_page(const sweep::Sweep& sweep, const sweep::SweepStatistics& statistics);

// Writes sweep.json, which it returns, sweep.md and report.html into the sweep's folder. Throws IoError.
nlohmann::ordered_json write_sweep_results(const sweep::Sweep& sweep,
                                           const sweep::SweepStatistics& statistics);

}  // namespace rung::report

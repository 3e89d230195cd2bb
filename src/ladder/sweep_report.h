// A sweep's results as Markdown that reads well in a terminal, and as JSON. The fields are described in
// docs/sweeps.md.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "ladder/sweep.h"
#include "ladder/sweep_statistics.h"

namespace rung::ladder {

std::string sweep_document(const Sweep& sweep, const SweepStatistics& statistics);

nlohmann::ordered_json sweep_json(const Sweep& sweep, const SweepStatistics& statistics);

inline constexpr const char* kSweepDocument = "sweep.md";
inline constexpr const char* kSweepJson = "sweep.json";

}  // namespace rung::ladder

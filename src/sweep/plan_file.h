// plan.json in a sweep's folder: what the sweep is to run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rung::sweep {

struct PlanFile {
  std::vector<std::string> recipes;  // by name
  size_t settings = 1;               // as in SweepPlan
  std::vector<uint64_t> seeds;
};

std::string to_text(const PlanFile& plan);

// Messages call the text `source`. Throws DataError unless it is a plan.
PlanFile parse_plan(std::string_view text, std::string_view source);

}  // namespace rung::sweep

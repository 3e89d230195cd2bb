#include "ladder/goal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "ladder/markdown.h"
#include "ladder/run_statistics.h"

namespace rung::ladder {

std::string goal_sentence(const Outcome& last) {
  std::vector<std::string> met, missed;
  for (const TargetResult& target : last.targets) {
    if (target.met == std::optional(true))
      met.push_back(
          fmt::format("{} ({})", target.target.text, metric_text(target.target.metric, target.value)));
    if (target.met == std::optional(false)) missed.push_back(missed_sentence(target));
  }
  if (!missed.empty())
    return fmt::format("The goal is not met by {}: {}.", last.recipe.name, fmt::join(missed, "; "));
  if (met.empty()) return "";
  return fmt::format("The goal is met by {}: {}.", last.recipe.name, fmt::join(met, "; "));
}

std::string verdict_of(const McNemar& test) {
  if (test.p_value >= kSignificance) return "no significant difference";
  return test.only_second > test.only_first ? "significantly better" : "significantly worse";
}

}  // namespace rung::ladder

#include "ladder/goal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "base/require.h"
#include "base/text.h"
#include "ladder/markdown.h"
#include "ladder/run_statistics.h"

namespace rung::ladder {

std::string miss_text(const TargetResult& target) {
  RUNG_REQUIRE(target.bound);
  const double difference = std::abs(target.value - *target.bound);
  const std::string_view unit = recipe::unit_of(target.target.metric);
  if (unit.empty()) return with_commas(static_cast<int64_t>(difference));
  if (unit == "s") return fmt::format("{:.1f} s", difference);
  return fmt::format("{:.2f} points", difference);
}

std::string missed_sentence(const TargetResult& target) {
  RUNG_REQUIRE(target.bound);
  return fmt::format("{}: {}, missed by {}", target.target.text,
                     metric_text(target.target.metric, target.value), miss_text(target));
}

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

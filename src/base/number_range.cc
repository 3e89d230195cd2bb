#include "base/number_range.h"

#include <fmt/format.h>

namespace rung {

bool NumberRange::contains(double value) const {
  const bool above = low_end == End::kOpen ? value > low : value >= low;
  const bool below = high_end == End::kOpen ? value < high : value <= high;
  return above && below;
}

std::string NumberRange::describe() const {
  std::string result = "a number";
  if (has_low()) result += fmt::format(" {} {}", low_end == End::kOpen ? "above" : "of at least", low);
  if (has_high()) result += fmt::format(" and {} {}", high_end == End::kOpen ? "below" : "at most", high);
  return result;
}

}  // namespace rung

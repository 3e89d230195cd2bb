#include "ladder/mcnemar.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>

#include "base/require.h"

namespace rung::ladder {

double mcnemar_p_value(int only_first, int only_second) {
  const boost::math::binomial_distribution<> fair(only_first + only_second, 0.5);
  return std::min(1.0, 2 * boost::math::cdf(fair, std::min(only_first, only_second)));
}

McNemar mcnemar(std::span<const uint8_t> first, std::span<const uint8_t> second,
                std::span<const uint8_t> labels) {
  RUNG_REQUIRE(first.size() == labels.size() && second.size() == labels.size());
  McNemar result;
  for (size_t i = 0; i < labels.size(); ++i) {
    const bool first_right = first[i] == labels[i];
    const bool second_right = second[i] == labels[i];
    result.only_first += first_right && !second_right ? 1 : 0;
    result.only_second += second_right && !first_right ? 1 : 0;
  }
  result.p_value = mcnemar_p_value(result.only_first, result.only_second);
  return result;
}

}  // namespace rung::ladder

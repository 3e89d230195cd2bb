#include "ladder/mcnemar.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rung::ladder {

double mcnemar_p_value(int only_first, int only_second) {
  const int n = only_first + only_second;
  double tail = 0;  // P(X <= the smaller count), X ~ Binomial(n, 1/2)
  for (int k = 0; k <= std::min(only_first, only_second); ++k) {
    const double log_ways = std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
    tail += std::exp(log_ways - n * std::numbers::ln2);
  }
  return std::min(1.0, 2 * tail);
}

McNemar mcnemar(std::span<const uint8_t> first, std::span<const uint8_t> second,
                std::span<const uint8_t> labels) {
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

#include "optim/class_weights.h"

#include <algorithm>
#include <numeric>

#include "base/require.h"

namespace rung::optim {

std::vector<float> class_factors(const ClassWeights& weights, std::span<const int> images_of_class) {
  RUNG_REQUIRE(weights.factors.empty() || weights.factors.size() == images_of_class.size());
  std::vector<float> factors;
  if (!weights.factors.empty()) {
    for (const double factor : weights.factors) factors.push_back(static_cast<float>(factor));
    return factors;
  }
  const double images = std::accumulate(images_of_class.begin(), images_of_class.end(), 0.0);
  const auto classes = std::ranges::count_if(images_of_class, [](int count) { return count > 0; });
  for (const int count : images_of_class)
    factors.push_back(count == 0 ? 0 : static_cast<float>(images / (static_cast<double>(classes) * count)));
  return factors;
}

}  // namespace rung::optim

#include "optim/weight_average.h"

#include <cstddef>

namespace rung::optim {

void move_average(double decay, std::span<const float> values, std::span<float> averaged) {
  const auto keep = static_cast<float>(decay);
  const auto take = static_cast<float>(1 - decay);
  for (size_t i = 0; i < values.size(); ++i) averaged[i] = keep * averaged[i] + take * values[i];
}

}  // namespace rung::optim

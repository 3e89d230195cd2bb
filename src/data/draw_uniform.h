// How augmentation draws a number.
#pragma once

#include "base/philox.h"

namespace rung::data {

// Uniform in [low, high) as torch.Tensor.uniform_ on float32: 24 random bits, scaled in single precision.
inline float draw_uniform(double low, double high, RandomStream& random) {
  const auto from = static_cast<float>(low);
  return random.uniform() * (static_cast<float>(high) - from) + from;
}

}  // namespace rung::data

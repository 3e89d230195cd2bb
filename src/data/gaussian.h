// What smoothing by a Gaussian needs, with torchvision's meaning.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/exact_math.h"
#include "base/require.h"

namespace rung::data {

// Writes 2 * half + 1 values of the Gaussian, scaled to the sum 1. Preconditions: sigma > 0, half >= 0.
inline void gaussian_kernel(double sigma, int half, std::vector<double>& kernel) {
  RUNG_REQUIRE(sigma > 0 && half >= 0);
  constexpr double kLeastExponent = -700;  // exponential's bound, far below any rounding
  kernel.clear();
  double sum = 0;
  for (int at = -half; at <= half; ++at) {
    kernel.push_back(exponential(std::max(-0.5 * (at / sigma) * (at / sigma), kLeastExponent)));
    sum += kernel.back();
  }
  for (double& value : kernel) value /= sum;
}

// The pixel that stands at `index` when the image is mirrored repeatedly at its outermost pixels.
inline size_t reflected(int index, int side) {
  if (side == 1) return 0;
  const int period = 2 * (side - 1);
  const int within = ((index % period) + period) % period;
  return static_cast<size_t>(std::min(within, period - within));
}

}  // namespace rung::data

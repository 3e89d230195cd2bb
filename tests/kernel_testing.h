// Helpers for kernel tests: random tensors, comparison with a tolerance derived from the length of the sums,
// and a loop over every SIMD target of this machine.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/philox.h"
#include "kernels/simd.h"

namespace rung::testing {

inline AlignedBuffer<float> random_values(size_t size, uint32_t stream, float low = -1, float high = 1) {
  AlignedBuffer<float> values(size);
  RandomStream random(7, RandomPurpose::kInit, stream);
  for (size_t i = 0; i < size; ++i) values[i] = static_cast<float>(random.uniform(low, high));
  return values;
}

// Of all bit patterns with the same chance: every exponent, both infinities, and NaNs.
inline AlignedBuffer<float> any_floats(size_t size, uint32_t stream) {
  AlignedBuffer<float> values(size);
  RandomStream random(7, RandomPurpose::kInit, stream);
  for (float& value : values.span()) value = std::bit_cast<float>(random.next());
  return values;
}

// Fails with the worst element if |actual - expected| > tolerance * (1 + |expected|) anywhere.
inline void expect_near_all(std::span<const float> actual, std::span<const float> expected, double tolerance,
                            const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double worst = 0;
  size_t worst_at = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = std::abs(double{actual[i]} - expected[i]) / (1 + std::abs(expected[i]));
    if (!(error <= worst)) {
      worst = error;
      worst_at = i;
    }
    if (std::isnan(error)) break;  // the worst possible, and no comparison would show it
  }
  EXPECT_LE(worst, tolerance) << what << ": worst at element " << worst_at << " of " << actual.size() << ": "
                              << actual[worst_at] << " instead of " << expected[worst_at];
}

// The rounding error to expect in a sum of `terms` products of values of size 1.
inline double sum_tolerance(double terms) {
  return 1.2e-7 * (4 + 2 * std::sqrt(terms)) * 2;
}

// Runs each test once for every SIMD target that this machine has.
class EveryTarget : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    kernels::force_simd_target(GetParam());
    ASSERT_EQ(kernels::simd_target(), GetParam());
  }
  void TearDown() override { kernels::force_simd_target(""); }
};

inline std::string target_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace rung::testing

// Comparison of whole tensors by norm: an element's rounding error depends on the size of the summed values,
// which the tensor's largest value shows better than the element itself.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

namespace rung::testing {

// The largest distance between neighbouring floats at 1, the unit in which tolerances are given.
inline constexpr double kFloatEpsilon = 0x1p-23;

template <typename T>
double largest(std::span<const T> values) {
  double result = 0;
  for (const T value : values) result = std::max(result, std::abs(static_cast<double>(value)));
  return result;
}

// Fails with the worst element if an element of `actual` is further than `allowed` from the expected one.
template <typename T>
void expect_tensor(const std::string& name, std::span<const float> actual, std::span<const T> expected,
                   double allowed) {
  ASSERT_EQ(actual.size(), expected.size()) << name;
  double worst = 0;
  size_t at = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
    if (error <= worst) continue;  // false for NaN
    worst = error;
    at = i;
    if (std::isnan(error)) break;
  }
  EXPECT_LE(worst, allowed) << fmt::format(
      "{}[{}] of {} is {} instead of {}; the largest expected value is {}", name, at, actual.size(),
      actual[at], expected[at], largest(expected));
}

// The same with `epsilons` roundings of the largest expected value allowed.
template <typename T>
void expect_tensor_within(const std::string& name, std::span<const float> actual, std::span<const T> expected,
                          double epsilons) {
  expect_tensor(name, actual, expected, epsilons * kFloatEpsilon * largest(expected));
}

}  // namespace rung::testing

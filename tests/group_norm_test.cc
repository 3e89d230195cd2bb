// Group norm and its gradient against the reference, and values from PyTorch 1.13.
#include "nn/layers/group_norm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "kernel_testing.h"
#include "kernels/layout.h"

namespace rung::kernels {
namespace {

using rung::testing::expect_near_all;
using rung::testing::random_values;
using rung::testing::sum_tolerance;

class GroupNormTest : public rung::testing::EveryTarget {};

// The largest 1 / sqrt(variance + eps) of any group.
double largest_inverse_std(const GroupNormShape& s, std::span<const float> x) {
  double least = std::numeric_limits<double>::infinity();
  const size_t part = static_cast<size_t>(s.channels / s.groups) * s.plane;
  for (size_t begin = 0; begin < x.size(); begin += part * kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      double sum = 0, squares = 0;
      for (size_t i = 0; i < part; ++i) sum += x[begin + i * kLanes + lane];
      const double mean = sum / static_cast<double>(part);
      for (size_t i = 0; i < part; ++i) squares += std::pow(x[begin + i * kLanes + lane] - mean, 2);
      least = std::min(least, squares / static_cast<double>(part) + double{s.eps});
    }
  }
  return 1 / std::sqrt(least);
}

// The values are at most 6 and lie 5 from zero. A normalised one has the roundings of its mean, times
// 1 / std; a gradient has those of normalised ones.
TEST_P(GroupNormTest, EqualsReference) {
  for (const GroupNormShape& s : {GroupNormShape{6, 1, 35}, {6, 2, 35}, {6, 6, 5}, {4, 2, 1, 1e-2F}}) {
    SCOPED_TRACE(s.groups);
    const size_t floats = static_cast<size_t>(s.channels) * s.plane * kLanes;
    const auto x = random_values(floats, 1, 4, 6);  // far from zero
    const auto dy = random_values(floats, 2);
    const auto weight = random_values(static_cast<size_t>(s.channels), 3);
    const auto bias = random_values(static_cast<size_t>(s.channels), 4);
    const double values = static_cast<double>(s.plane) * s.channels / s.groups;  // of a mean
    const double sums = static_cast<double>(s.plane) * kLanes;                   // of a weight's gradient
    const double inverse = largest_inverse_std(s, x.span());
    const double normal = inverse * 6 * sum_tolerance(values);
    for (const float* scale : {static_cast<const float*>(nullptr), weight.data()}) {
      AlignedBuffer<float> y(floats), expected(floats);
      group_norm_forward(s, x.data(), scale, bias.data(), y.data());
      reference::group_norm_forward(s, x.data(), scale, bias.data(), expected.data());
      expect_near_all(y.span(), expected.span(), normal, "y");
      std::vector<float> dweight(weight.size()), dbias(weight.size()), dweight2(weight.size()),
          dbias2(weight.size());
      group_norm_backward(s, dy.data(), x.data(), scale, y.data(), dweight.data(), dbias.data());
      reference::group_norm_backward(s, dy.data(), x.data(), scale, expected.data(), dweight2.data(),
                                     dbias2.data());
      expect_near_all(y.span(), expected.span(), inverse * (2 + std::sqrt(values)) * normal, "dx");
      expect_near_all(dweight, dweight2, (4 + 2 * std::sqrt(sums)) * normal, "dweight");
      expect_near_all(dbias, dbias2, sum_tolerance(sums), "dbias");
    }
  }
}

// What nobody asks for is left alone, and the rest is the same.
TEST_P(GroupNormTest, EachGradientAlone) {
  const GroupNormShape s{6, 2, 35};
  const size_t floats = static_cast<size_t>(s.channels) * s.plane * kLanes;
  const auto x = random_values(floats, 1);
  const auto dy = random_values(floats, 2);
  AlignedBuffer<float> dx(floats), alone(floats);
  std::vector<float> dweight(6), dbias(6), dweight_alone(6), dbias_alone(6);
  group_norm_backward(s, dy.data(), x.data(), nullptr, dx.data(), dweight.data(), dbias.data());
  group_norm_backward(s, dy.data(), x.data(), nullptr, alone.data(), nullptr, nullptr);
  group_norm_backward(s, dy.data(), x.data(), nullptr, nullptr, dweight_alone.data(), dbias_alone.data());
  expect_near_all(alone.span(), dx.span(), 0, "dx");
  EXPECT_EQ(dweight_alone, dweight);
  EXPECT_EQ(dbias_alone, dbias);
}

// torch.nn.GroupNorm(2, 4) with weight 1, 2, 3, 4 and bias 0, 1, 2, 3 of the values 0, 1, 4, 9, 16, 25, 36,
// 49 as [1,4,1,2], and the gradient of the sum of y times 0 to 7.
TEST_P(GroupNormTest, EqualsTorch) {
  const GroupNormShape s{.channels = 4, .groups = 2, .plane = 2};
  const std::vector<float> weight = {1, 2, 3, 4}, bias = {0, 1, 2, 3};
  AlignedBuffer<float> x(8 * kLanes), dy(8 * kLanes), y(8 * kLanes), dx(8 * kLanes);
  for (size_t i = 0; i < 8; ++i) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      x[i * kLanes + lane] = static_cast<float>(i * i);
      dy[i * kLanes + lane] = lane == 3 ? static_cast<float>(i) : 0;
    }
  }
  group_norm_forward(s, x.data(), weight.data(), bias.data(), y.data());
  std::vector<float> dweight(4), dbias(4);
  group_norm_backward(s, dy.data(), x.data(), weight.data(), dx.data(), dweight.data(), dbias.data());
  const std::vector<float> expected_y = {-0.9999996F, -0.7142854F, 1.285714F, 4.142856F,
                                         -1.76855F,   0.4196403F,  4.458794F, 8.673086F};
  const std::vector<float> expected_dx = {-0.1224495F, -0.02623944F, 0.2623906F, -0.1137017F,
                                          0.02062694F, -0.1129161F,  0.1560997F, -0.06381053F};
  const std::vector<float> expected_dweight = {-0.7142854F, 4.999998F, -7.658666F, 12.11609F};
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_NEAR(y[i * kLanes + 3], expected_y[i], 1e-5) << i;
    EXPECT_NEAR(dx[i * kLanes + 3], expected_dx[i], 1e-5) << i;
  }
  expect_near_all(dweight, expected_dweight, 1e-5, "dweight");
  expect_near_all(dbias, std::vector<float>{1, 5, 9, 13}, 0, "dbias");
}

INSTANTIATE_TEST_SUITE_P(Simd, GroupNormTest, ::testing::ValuesIn(simd_targets()),
                         rung::testing::target_name);

}  // namespace
}  // namespace rung::kernels

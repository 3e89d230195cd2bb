// Group norm and its gradient against the reference, and values from PyTorch 1.13.
#include "nn/layers/group_norm.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernel_testing.h"
#include "kernels/layout.h"

namespace rung::kernels {
namespace {

using rung::testing::expect_near_all;
using rung::testing::random_values;

class GroupNormTest : public rung::testing::EveryTarget {};

TEST_P(GroupNormTest, EqualsReference) {
  for (const GroupNormShape& s : {GroupNormShape{6, 1, 35}, {6, 2, 35}, {6, 6, 5}, {4, 2, 1, 1e-2F}}) {
    SCOPED_TRACE(s.groups);
    const size_t floats = static_cast<size_t>(s.channels) * s.plane * kLanes;
    const auto x = random_values(floats, 1, 4, 6);  // far from zero
    const auto dy = random_values(floats, 2);
    const auto weight = random_values(static_cast<size_t>(s.channels), 3);
    const auto bias = random_values(static_cast<size_t>(s.channels), 4);
    for (const float* scale : {static_cast<const float*>(nullptr), weight.data()}) {
      AlignedBuffer<float> y(floats), expected(floats);
      group_norm_forward(s, x.data(), scale, bias.data(), y.data());
      reference::group_norm_forward(s, x.data(), scale, bias.data(), expected.data());
      expect_near_all(y.span(), expected.span(), 2e-5, "y");
      std::vector<float> dweight(weight.size()), dbias(weight.size()), dweight2(weight.size()),
          dbias2(weight.size());
      group_norm_backward(s, dy.data(), x.data(), scale, y.data(), dweight.data(), dbias.data());
      reference::group_norm_backward(s, dy.data(), x.data(), scale, expected.data(), dweight2.data(),
                                     dbias2.data());
      expect_near_all(y.span(), expected.span(), 2e-4, "dx");
      expect_near_all(dweight, dweight2, 5e-3, "dweight");
      expect_near_all(dbias, dbias2, 5e-4, "dbias");
    }
  }
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

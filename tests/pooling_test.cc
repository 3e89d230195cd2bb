// Windows, and poolings with any of them against their reference.
#include "kernels/pooling.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "kernel_testing.h"
#include "train/safetensors.h"

namespace rung::kernels {
namespace {

using rung::testing::expect_near_all;
using rung::testing::random_values;

using Windows = std::vector<Window>;

TEST(Window, SlidesOverThePaddingAndStopsBeforeALeftOverBorder) {
  EXPECT_EQ(sliding_windows(5, 3, 2, 1), (Windows{{0, 2, 3}, {1, 4, 3}, {3, 5, 3}}));
  EXPECT_EQ(sliding_windows(6, 3, 2, 0), (Windows{{0, 3, 3}, {2, 5, 3}}));
  EXPECT_EQ(sliding_windows(2, 1, 4, 1), (Windows{{0, 0, 1}}));  // in the padding alone
  // Of a dilated kernel: 0, 2 (and -2); 1, 3 (and 5, -1); 2, 4 (and 6).
  EXPECT_EQ(sliding_windows(5, 3, 1, 2, 2), (Windows{{0, 3, 5}, {1, 4, 5}, {0, 5, 5}, {1, 5, 5}, {2, 5, 5}}));
  EXPECT_EQ(sliding_windows(2, 2, 1, 1, 3),
            (Windows{{2, 2, 4}}));  // the padding on both sides, and not between
}

TEST(Window, AdaptsToTheOutput) {
  EXPECT_EQ(adaptive_windows(7, 3), (Windows{{0, 3, 3}, {2, 5, 3}, {4, 7, 3}}));
  EXPECT_EQ(adaptive_windows(10, 4), (Windows{{0, 3, 3}, {2, 5, 3}, {5, 8, 3}, {7, 10, 3}}));
  EXPECT_EQ(adaptive_windows(2, 3), (Windows{{0, 1, 1}, {0, 2, 2}, {1, 2, 1}}));
  EXPECT_EQ(adaptive_windows(9, 1), (Windows{{0, 9, 9}}));
}

std::vector<PoolShape> shapes() {
  std::vector<PoolShape> all;
  for (const Pooling pooling : {Pooling::kMax, Pooling::kAverage}) {
    for (int kernel = 1; kernel <= 4; ++kernel) {
      for (int stride = 1; stride <= 3; ++stride) {
        for (int padding = 0; padding <= kernel / 2; ++padding)
          all.push_back({pooling, 3, 7, 6, sliding_windows(7, kernel, stride, padding),
                         sliding_windows(6, std::min(kernel, 2), stride, 0)});
      }
    }
    for (int outputs = 1; outputs <= 8; ++outputs)
      all.push_back({pooling, 2, 7, 5, adaptive_windows(7, outputs), adaptive_windows(5, 3)});
  }
  return all;
}

size_t inputs(const PoolShape& s) {
  return block_floats(s.channels, s.height, s.width);
}
size_t outputs(const PoolShape& s) {
  return block_floats(s.channels, static_cast<int>(s.rows.size()), static_cast<int>(s.columns.size()));
}

std::string name(const PoolShape& s) {
  return fmt::format("{}x{} to {}x{}, pooling {}, window of {} rows", s.height, s.width, s.rows.size(),
                     s.columns.size(), static_cast<int>(s.pooling), s.rows[0].size);
}

class PoolingTest : public rung::testing::EveryTarget {};

TEST_P(PoolingTest, EqualsReference) {
  for (const PoolShape& s : shapes()) {
    auto x = random_values(inputs(s), 1, -3, 3);
    for (float& value : x.span()) value = std::round(value);  // equal maxima
    const auto dy = random_values(outputs(s), 2);
    AlignedBuffer<float> y(dy.size()), expected(dy.size()), dx(x.size()), expected_dx(x.size());
    pool_forward(s, x.data(), y.data());
    reference::pool_forward(s, x.data(), expected.data());
    const double tolerance = s.pooling == Pooling::kMax ? 0 : 1e-6;
    expect_near_all(y.span(), expected.span(), tolerance, name(s));
    std::ranges::fill(dx.span(), 9.0F);
    pool_backward(s, dy.data(), x.data(), dx.data());
    reference::pool_backward(s, dy.data(), x.data(), expected_dx.data());
    expect_near_all(dx.span(), expected_dx.span(), tolerance, name(s) + ", gradient");
  }
}

// Padding is smaller than any value, and the first maximum in row order takes the gradient.
TEST_P(PoolingTest, MaximumOfEqualNegativeValues) {
  const PoolShape s{Pooling::kMax, 1, 2, 2, sliding_windows(2, 2, 1, 1), sliding_windows(2, 2, 1, 1)};
  AlignedBuffer<float> x(inputs(s)), y(outputs(s)), dy(outputs(s)), dx(inputs(s));
  std::ranges::fill(x.span(), -5.0F);
  std::ranges::fill(dy.span(), 1.0F);
  pool_forward(s, x.data(), y.data());
  for (const float value : y.span()) EXPECT_EQ(value, -5);
  pool_backward(s, dy.data(), x.data(), dx.data());
  for (size_t pixel = 0; pixel < 4; ++pixel) EXPECT_EQ(dx[pixel * kLanes], (std::vector{4, 2, 2, 1}[pixel]));
}

TEST_P(PoolingTest, NanAndInfinityAreNotHidden) {
  for (const Pooling pooling : {Pooling::kMax, Pooling::kAverage}) {
    const PoolShape s{pooling, 1, 3, 3, sliding_windows(3, 3, 1, 1), sliding_windows(3, 3, 1, 1)};
    for (const size_t pixel : {0, 4, 8}) {
      AlignedBuffer<float> x(inputs(s)), y(outputs(s));
      x[pixel * kLanes + 3] = std::nanf("");
      x[pixel * kLanes + 4] = std::numeric_limits<float>::infinity();
      pool_forward(s, x.data(), y.data());
      EXPECT_TRUE(std::isnan(y[4 * kLanes + 3]));
      EXPECT_EQ(y[4 * kLanes + 4], std::numeric_limits<float>::infinity());
      EXPECT_EQ(y[4 * kLanes + 5], 0);
    }
  }
}

// A plane in the first lane of a block.
AlignedBuffer<float> in_first_lane(std::span<const float> plane) {
  AlignedBuffer<float> block(plane.size() * kLanes);
  for (size_t i = 0; i < plane.size(); ++i) block[i * kLanes] = plane[i];
  return block;
}
std::vector<float> first_lane(const AlignedBuffer<float>& block) {
  std::vector<float> plane;
  for (size_t i = 0; i < block.size(); i += kLanes) plane.push_back(block.data()[i]);
  return plane;
}

TEST_P(PoolingTest, OptionsEqualTorch) {
  const auto golden =
      train::read_safetensors(std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/pools.safetensors");
  const auto x = in_first_lane(golden.floats.at("x").values);
  size_t compared = 0;
  for (const auto& [name, expected] : golden.floats) {
    if (!name.ends_with("/y")) continue;
    SCOPED_TRACE(name);
    const bool is_max = name.starts_with("max/");
    int kernel = 0, stride = 0, padding = 0, ceil = 0, include = 0;
    const std::string numbers = name.substr(name.find('/') + 1);
    ASSERT_EQ(std::sscanf(numbers.c_str(), "%d,%d,%d,%d,%d", &kernel, &stride, &padding, &ceil, &include), 5);
    const WindowOptions options{.ceil_mode = ceil == 1, .count_include_pad = include == 1};
    const PoolShape s{is_max ? Pooling::kMax : Pooling::kAverage,
                      1,
                      7,
                      6,
                      sliding_windows(7, kernel, stride, padding, 1, options),
                      sliding_windows(6, kernel, stride, padding, 1, options)};
    ASSERT_EQ(s.rows.size() * s.columns.size(), expected.values.size());
    AlignedBuffer<float> y(outputs(s)), dx(inputs(s));
    pool_forward(s, x.data(), y.data());
    expect_near_all(first_lane(y), expected.values, 1e-6, "y");
    std::vector<float> dy(expected.values.size());
    std::iota(dy.begin(), dy.end(), 0.0F);
    pool_backward(s, in_first_lane(dy).data(), x.data(), dx.data());
    expect_near_all(first_lane(dx), golden.floats.at(name.substr(0, name.size() - 1) + "dx").values, 1e-4,
                    "dx");
    ++compared;
  }
  EXPECT_EQ(compared, 72U);
}

INSTANTIATE_TEST_SUITE_P(Simd, PoolingTest, ::testing::ValuesIn(simd_targets()), rung::testing::target_name);

}  // namespace
}  // namespace rung::kernels

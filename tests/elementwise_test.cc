// Leaky relu, the functions of functions.h and their gradients against their references and exact forms.
#include "kernels/elementwise.h"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "base/enumerators.h"
#include "exact_functions.h"
#include "kernel_testing.h"
#include "kernels/activation.h"
#include "kernels/layout.h"
#include "train/safetensors.h"

namespace rung::kernels {
namespace {

using rung::testing::exact;
using rung::testing::expect_near_all;
using rung::testing::random_values;
using rung::testing::sum_tolerance;

constexpr ElementwiseShape kShape{.channels = 3, .plane = 35};
constexpr double kRoundings = 1e-6;

const std::vector<std::vector<float>> kSlopes = {{0.25F}, {-0.5F, 0, 1.5F}};

// y = f(x) of one channel with batch norm's scale of 1 and shift of 0.
void apply(Function function, std::span<const float> x, float* y) {
  const float one = 1;
  const float zero = 0;
  AlignedBuffer<float> aligned(x.size());
  std::ranges::copy(x, aligned.data());
  activation_forward({.height = static_cast<int>(x.size() / kLanes), .function = function},
                     {aligned.data(), &one, &zero}, nullptr, y);
}

// dx = f'(x) dy.
void apply_gradient(Function function, std::span<const float> dy, std::span<const float> x, float* dx) {
  const float one = 1;
  const float zero = 0;
  AlignedBuffer<float> aligned(x.size()), gradient(dy.size());
  std::ranges::copy(x, aligned.data());
  std::ranges::copy(dy, gradient.data());
  const ActivationShape shape{.height = static_cast<int>(x.size() / kLanes), .function = function};
  activation_backward(shape, {aligned.data(), &one, &zero}, {.dy = gradient.data()}, nullptr, kLanes,
                      dense_view(dx, shape.height, 1));
}

// The exact values, rounded.
void apply_exactly(Function function, std::span<const float> x, float* y) {
  std::ranges::transform(x, y, [&](float value) { return static_cast<float>(exact(function, value).value); });
}
void apply_gradient_exactly(Function function, std::span<const float> dy, std::span<const float> x,
                            float* dx) {
  std::ranges::transform(dy, x, dx, [&](float gradient, float value) {
    return static_cast<float>(gradient * exact(function, value).slope);
  });
}

class ElementwiseTest : public rung::testing::EveryTarget {};

TEST_P(ElementwiseTest, LeakyReluEqualsReference) {
  auto x = random_values(kShape.floats(), 1);
  x[3] = 0;
  for (const std::vector<float>& slope : kSlopes) {
    AlignedBuffer<float> y(x.size()), expected(x.size());
    leaky_relu_forward(kShape, x.data(), slope, y.data());
    reference::leaky_relu_forward(kShape, x.data(), slope, expected.data());
    expect_near_all(y.span(), expected.span(), 0, "y");
  }
}

TEST_P(ElementwiseTest, LeakyReluGradientEqualsReference) {
  auto x = random_values(kShape.floats(), 1);
  x[3] = 0;
  const auto dy = random_values(x.size(), 2);
  for (const std::vector<float>& slope : kSlopes) {
    AlignedBuffer<float> dx(x.size()), expected(x.size());
    std::vector<float> dslope(slope.size(), 9), dslope_alone(slope.size(), 9),
        expected_slope(slope.size(), 9);
    leaky_relu_backward(kShape, dy.data(), x.data(), slope, dx.data(), dslope);
    leaky_relu_backward(kShape, dy.data(), x.data(), slope, nullptr, dslope_alone);
    reference::leaky_relu_backward(kShape, dy.data(), x.data(), slope, expected.data(), expected_slope);
    expect_near_all(dx.span(), expected.span(), 0, "dx");
    expect_near_all(dslope, expected_slope, sum_tolerance(static_cast<double>(x.size())), "dslope");
    EXPECT_EQ(dslope_alone, dslope);
    leaky_relu_backward(kShape, dy.data(), x.data(), slope, expected.data(), {});
    expect_near_all(dx.span(), expected.span(), 0, "dx alone");
  }
}

TEST_P(ElementwiseTest, FunctionsEqualTheirExactForms) {
  auto x = random_values(kShape.floats(), 1, -20, 20);
  const std::vector<float> extremes = {0,     -0.0F,  88,     -88, 89, -89, 200,   -200,
                                       1e30F, -1e30F, 1e-30F, 3,   -3, 6,   2.99F, -2.99F};
  std::ranges::copy(extremes, x.data());
  const auto dy = random_values(x.size(), 2);
  AlignedBuffer<float> y(x.size()), expected(x.size());
  for (const Function function : kEnumerators<Function>) {
    SCOPED_TRACE(name_of(function));
    apply(function, x.span(), y.data());
    apply_exactly(function, x.span(), expected.data());
    expect_near_all(y.span(), expected.span(), 2 * kRoundings, "y");
    apply_gradient(function, dy.span(), x.span(), y.data());
    apply_gradient_exactly(function, dy.span(), x.span(), expected.data());
    expect_near_all(y.span(), expected.span(), 10 * kRoundings, "dx");
  }
}

// The slope is that of the value, in double.
TEST(Functions, SlopesAreThoseOfTheValues) {
  constexpr double kStep = 1e-5;
  for (const Function function : kEnumerators<Function>) {
    for (double x = -8.03; x < 8; x += 0.1) {
      const double difference =
          (exact(function, x + kStep).value - exact(function, x - kStep).value) / (2 * kStep);
      EXPECT_NEAR(exact(function, x).slope, difference, 1e-8) << name_of(function) << " at " << x;
    }
  }
}

// Infinite and NaN where the reference is, and as close to it as elsewhere where that is finite.
void expect_same_kind(std::span<const float> actual, std::span<const float> expected, double tolerance,
                      std::span<const float> x) {
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(expected[i])) {
      EXPECT_LE(std::abs(double{actual[i]} - expected[i]), tolerance * (1 + std::abs(double{expected[i]})))
          << actual[i] << " instead of " << expected[i] << " at " << x[i];
    } else {
      EXPECT_TRUE(std::isnan(expected[i]) ? std::isnan(actual[i]) : actual[i] == expected[i])
          << actual[i] << " instead of " << expected[i] << " at " << x[i];
    }
  }
}

TEST_P(ElementwiseTest, FunctionsEqualTheirExactFormsForEveryFloat) {
  const auto x = rung::testing::any_floats(80'000, 3);
  const auto dy = random_values(x.size(), 2);
  AlignedBuffer<float> y(x.size()), expected(x.size());
  for (const Function function : kEnumerators<Function>) {
    SCOPED_TRACE(name_of(function));
    apply(function, x.span(), y.data());
    apply_exactly(function, x.span(), expected.data());
    expect_same_kind(y.span(), expected.span(), 2 * kRoundings, x.span());
    apply_gradient(function, dy.span(), x.span(), y.data());
    apply_gradient_exactly(function, dy.span(), x.span(), expected.data());
    expect_same_kind(y.span(), expected.span(), 10 * kRoundings, x.span());
  }
}

// PyTorch's values and slopes from -12 to 12.
TEST_P(ElementwiseTest, FunctionsEqualTorch) {
  const auto golden =
      train::read_safetensors(std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/functions.safetensors");
  const std::vector<float>& given = golden.floats.at("x").values;
  ASSERT_EQ(golden.floats.size(), 1 + 2 * kEnumerators<Function>.size());
  const size_t floats = (given.size() + kLanes - 1) / kLanes * kLanes;
  AlignedBuffer<float> x(floats), ones(floats), y(floats);
  std::ranges::copy(given, x.data());
  std::ranges::fill(ones.span(), 1.0F);
  for (const Function function : kEnumerators<Function>) {
    const auto expect = [&](const std::string& what) {
      const auto& expected = golden.floats.at(what + "/" + std::string(name_of(function))).values;
      for (size_t i = 0; i < given.size(); ++i)
        EXPECT_NEAR(y[i], expected[i], 2e-6 * (1 + std::abs(expected[i])))
            << what << " of " << name_of(function) << " at " << given[i];
    };
    apply(function, x.span(), y.data());
    expect("value");
    apply_gradient(function, ones.span(), x.span(), y.data());
    expect("slope");
  }
}

// Values and gradients of torch.nn.functional.silu, PyTorch 1.13, float32.
TEST_P(ElementwiseTest, SiluIsPyTorchsAtTheEnds) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {-1e36F, -3e38F, -200, -104, -100,  -88.8F,    -88.5F,     -20,
                                0,      20,     100,  1e30, 3e38F, kInfinity, -kInfinity, kNaN};
  const std::vector<float> values = {0, 0,  0,   0,     0,     0,         0,    -4.1223e-8F,
                                     0, 20, 100, 1e30F, 3e38F, kInfinity, kNaN, kNaN};
  const std::vector<float> gradients = {0, 0, 0, 0, 0, 0, 0, -3.9162e-8F, 0.5F, 1, 1, 1, 1, kNaN, kNaN, kNaN};
  const std::vector<float> dy(x.size(), 1);
  AlignedBuffer<float> y(x.size());
  apply(Function::kSilu, x, y.data());
  expect_same_kind(y.span(), values, kRoundings, x);
  apply_gradient(Function::kSilu, dy, x, y.data());
  expect_same_kind(y.span(), gradients, kRoundings, x);
}

// A diverged run must be noticed.
TEST_P(ElementwiseTest, NaNStaysNaN) {
  AlignedBuffer<float> x(kShape.floats()), y(x.size());
  x[5] = std::nanf("");
  for (const Function function : kEnumerators<Function>) {
    apply(function, x.span(), y.data());
    EXPECT_TRUE(std::isnan(y[5])) << name_of(function);
  }
  leaky_relu_forward(kShape, x.data(), kSlopes[0], y.data());
  EXPECT_TRUE(std::isnan(y[5]));
}

INSTANTIATE_TEST_SUITE_P(Simd, ElementwiseTest, ::testing::ValuesIn(simd_targets()),
                         rung::testing::target_name);

// All kernel tests rely on this.
TEST(ExpectNearAll, SeesNotANumber) {
  static const std::vector<float> found = {0, std::numeric_limits<float>::quiet_NaN(), 0};
  static const std::vector<float> expected(3);
  EXPECT_NONFATAL_FAILURE(expect_near_all(found, expected, 1, "found"), "worst at element 1");
}

}  // namespace
}  // namespace rung::kernels

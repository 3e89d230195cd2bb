// Convolution kernels against their reference, over shapes x remainders x SIMD targets.
#include "kernels/conv2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kernel_testing.h"
#include "kernels/batch_norm.h"

namespace rung::kernels {
namespace {

using rung::testing::expect_near_all;
using rung::testing::random_values;
using rung::testing::sum_tolerance;

struct Case {
  ConvShape shape;
  std::string name() const {
    const auto& s = shape;
    return fmt::format("{}x{}x{} to {}, kernel {}x{}, stride {}x{}, padding {}x{}, dilation {}x{}, groups {}",
                       s.in_channels, s.in_height, s.in_width, s.out_channels, s.kernel_h, s.kernel_w,
                       s.stride_h, s.stride_w, s.pad_h, s.pad_w, s.dilation_h, s.dilation_w, s.groups);
  }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (int k = 1; k <= 12; ++k) all.push_back({{3, 7, 9, k, 3, 3}});  // every tile of output channels
  for (int w = 3; w <= 12; ++w) all.push_back({{2, 5, w, 6, 3, 3}});  // every remainder of columns
  for (int kernel = 1; kernel <= 6; ++kernel) all.push_back({{2, 7, 8, 4, kernel, kernel}});
  all.push_back({{4, 9, 8, 6, 2, 5}});         // kernel not square
  all.push_back({{3, 9, 10, 4, 3, 3, 2, 2}});  // stride that leaves a remainder
  all.push_back({{3, 10, 11, 4, 3, 2, 3, 2}});
  all.push_back({{3, 6, 7, 4, 3, 3, 1, 1, 1, 1}});  // "same" padding
  all.push_back({{2, 5, 5, 3, 5, 5, 2, 2, 2, 2}});
  all.push_back({{2, 4, 4, 3, 1, 1, 1, 1, 1, 2}});           // more padding than kernel
  all.push_back({{4, 6, 6, 8, 3, 3, 1, 1, 1, 1, 1, 1, 2}});  // grouped
  all.push_back({{7, 6, 6, 7, 3, 3, 1, 1, 1, 1, 1, 1, 7}});  // depthwise
  for (int w = 5; w <= 14; ++w) all.push_back({{2, 7, w, 6, 3, 3, 1, 1, 0, 0, 2, 2}});  // dilated: the same
  for (int dilation = 1; dilation <= 5; ++dilation) {
    for (int stride = 1; stride <= 4; ++stride) {
      all.push_back({{2, 11, 12, 4, 3, 3, stride, 1, 0, 1, dilation, 6 - dilation}});
      all.push_back({{2, 12, 11, 4, 2, 4, 1, stride, 5, 3, 6 - dilation, dilation}});
    }
  }
  all.push_back({{3, 6, 7, 4, 3, 3, 1, 1, 2, 2, 2, 2}});     // "same" padding, dilated
  all.push_back({{3, 6, 7, 4, 3, 1, 1, 1, 0, 0, 2, 9}});     // a column of one tap
  all.push_back({{2, 5, 7, 6, 3, 3, 1, 1, 0, 0, 2, 3}});     // the kernel reaches across the whole input
  all.push_back({{2, 1, 1, 3, 3, 3, 1, 1, 4, 4, 4, 4}});     // only the middle tap sees the input
  all.push_back({{2, 2, 3, 3, 2, 2, 3, 2, 9, 8, 7, 9}});     // most outputs see the padding alone
  all.push_back({{4, 9, 8, 8, 3, 3, 2, 1, 2, 2, 2, 2, 2}});  // grouped, dilated
  all.push_back({{7, 9, 9, 7, 3, 3, 1, 2, 2, 3, 2, 3, 7}});  // depthwise, dilated
  all.push_back({{720, 1, 1, 10, 1, 1}});                    // linear
  all.push_back({{10, 26, 26, 10, 3, 3}});                   // the ladder's largest
  all.push_back({{1, 28, 28, 10, 3, 3}});
  all.push_back({{20, 6, 6, 10, 6, 6}});
  return all;
}

struct Tensors {
  explicit Tensors(const ConvShape& s)
      : x(random_values(block_floats(s.in_channels, s.in_height, s.in_width), 1)),
        weights(random_values(s.weights(), 2)),
        bias(random_values(static_cast<size_t>(s.out_channels), 3)),
        dy(random_values(block_floats(s.out_channels, s.out_height(), s.out_width()), 4)) {}
  AlignedBuffer<float> x, weights, bias, dy;
};

// The input inside its border of zeros.
AlignedBuffer<float> padded(const ConvShape& s, const float* x, View<const float>& view) {
  const int height = s.in_height + 2 * s.pad_h;
  const int width = s.in_width + 2 * s.pad_w;
  AlignedBuffer<float> buffer(block_floats(s.in_channels, height, width));
  const auto to = dense_view(buffer.data(), height, width);
  const auto from = dense_view(x, s.in_height, s.in_width);
  for (int c = 0; c < s.in_channels; ++c) {
    for (int row = 0; row < s.in_height; ++row)
      std::copy_n(from.at(c, row, 0), static_cast<size_t>(s.in_width) * kLanes,
                  to.at(c, row + s.pad_h, s.pad_w));
  }
  view = {to.data, to.channel, to.row, to.column};
  return buffer;
}

class Conv2dTest : public rung::testing::EveryTarget {};

TEST_P(Conv2dTest, ForwardEqualsReference) {
  for (const Case& c : cases()) {
    const ConvShape& s = c.shape;
    const Tensors t(s);
    View<const float> x;
    const auto buffer = padded(s, t.x.data(), x);
    AlignedBuffer<float> packed(s.weights()), y(t.dy.size()), expected(t.dy.size());
    pack_for_forward(s, t.weights.data(), packed.data());
    for (const float* bias : {t.bias.data(), static_cast<const float*>(nullptr)}) {
      conv2d_forward(s, x, packed.data(), bias, y.data());
      reference::conv2d_forward(s, t.x.data(), t.weights.data(), bias, expected.data());
      expect_near_all(y.span(), expected.span(), sum_tolerance(s.taps()), c.name());
    }
  }
}

TEST_P(Conv2dTest, InputGradientEqualsReference) {
  for (const Case& c : cases()) {
    const ConvShape& s = c.shape;
    const Tensors t(s);
    const Canvas canvas = gradient_canvas(s);
    AlignedBuffer<float> zeros(block_floats(s.out_channels, canvas.height, canvas.width));
    const auto to = dense_view(zeros.data(), canvas.height, canvas.width);
    const auto from = dense_view(t.dy.data(), s.out_height(), s.out_width());
    for (int k = 0; k < s.out_channels; ++k) {
      for (int row = 0; row < s.out_height(); ++row) {
        for (int col = 0; col < s.out_width(); ++col) {
          const int y = row * s.stride_h + canvas.top;
          const int x = col * s.stride_w + canvas.left;
          std::copy_n(from.at(k, row, col), kLanes, to.at(k, y, x));
        }
      }
    }
    AlignedBuffer<float> packed(s.weights()), dx(t.x.size()), expected(t.x.size());
    pack_for_input_gradient(s, t.weights.data(), packed.data());
    conv2d_input_gradient(s, zeros.data(), packed.data(), dx.data());
    reference::conv2d_input_gradient(s, t.dy.data(), t.weights.data(), expected.data());
    const int terms = s.group_outputs() * s.kernel_h * s.kernel_w;
    expect_near_all(dx.span(), expected.span(), sum_tolerance(terms), c.name());
  }
}

TEST_P(Conv2dTest, WeightGradientEqualsReference) {
  for (const Case& c : cases()) {
    const ConvShape& s = c.shape;
    const Tensors t(s);
    View<const float> x;
    const auto buffer = padded(s, t.x.data(), x);
    AlignedBuffer<float> scratch(s.weights() * kLanes), dw(s.weights()), expected_dw(s.weights());
    AlignedBuffer<float> db(t.bias.size()), expected_db(t.bias.size());
    const auto dy = dense_view(t.dy.data(), s.out_height(), s.out_width());
    conv2d_weight_gradient(s, x, dy, scratch.data(), dw.data(), db.data());
    reference::conv2d_weight_gradient(s, t.x.data(), t.dy.data(), expected_dw.data(), expected_db.data());
    const double terms = 16.0 * s.out_height() * s.out_width();
    expect_near_all(dw.span(), expected_dw.span(), sum_tolerance(terms) * 2, c.name());
    expect_near_all(db.span(), expected_db.span(), sum_tolerance(terms) * 2, c.name());
  }
}

// Compares with moments in double of the first `lanes` of 16 lanes; the variance to a relative `tolerance`.
void expect_moments(const MomentSums& sums, std::span<const float> y, int channels, int height, int width,
                    int lanes, double tolerance) {
  const size_t plane = static_cast<size_t>(height) * width;
  std::vector<Moments> moments(channels);
  block_moments(sums, y.data(), height, width, lanes, moments);
  for (size_t k = 0; k < moments.size(); ++k) {
    double mean = 0;
    double variance = 0;
    const double n = static_cast<double>(plane) * lanes;
    const auto value = [&](size_t i) { return double{y[(k * plane + i / lanes) * kLanes + i % lanes]}; };
    for (size_t i = 0; i < plane * lanes; ++i) mean += value(i) / n;
    for (size_t i = 0; i < plane * lanes; ++i) variance += (value(i) - mean) * (value(i) - mean) / n;
    EXPECT_EQ(moments[k].count, n);
    EXPECT_NEAR(moments[k].mean, mean, 1e-5);
    EXPECT_NEAR(moments[k].squares / n, variance, tolerance * variance + 1e-12) << height << "x" << width;
  }
}

size_t moment_floats(int channels, int height, int width) {
  return block_floats(channels, moment_bands(height, width), 1);
}

// A naive sum of squares loses the variance if the mean is far from zero.
TEST_P(Conv2dTest, MomentsAreExactWithALargeMean) {
  const ConvShape s{2, 9, 9, 3, 3, 3};
  const Tensors t(s);
  AlignedBuffer<float> packed(s.weights()), y(t.dy.size());
  AlignedBuffer<float> sum(3 * kLanes), squares(3 * kLanes);
  AlignedBuffer<float> bias(3);
  for (size_t k = 0; k < 3; ++k) bias[k] = 1000;
  pack_for_forward(s, t.weights.data(), packed.data());
  const MomentSums sums{sum.data(), squares.data()};
  const auto x = dense_view(t.x.data(), s.in_height, s.in_width);
  conv2d_forward(s, x, packed.data(), bias.data(), y.data(), {.moments = &sums});
  for (const int lanes : {16, 5})
    expect_moments(sums, y.span(), 3, s.out_height(), s.out_width(), lanes, 1e-5);
}

// A blank image with a border, as a padded convolution produces: so many equal values, all far from the
// first, that a sum of floats loses them.
TEST_P(Conv2dTest, MomentsHoldOnLargeBlankPlanes) {
  constexpr int kChannels = 6;  // one more than are summed together
  for (const auto& [height, width] : {std::pair{300, 300}, {7, 1500}, {1025, 1}, {1, 1}}) {
    AlignedBuffer<float> y(block_floats(kChannels, height, width));
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t pixel = i / kLanes;
      const auto column = static_cast<int>(pixel % width);
      const auto row = static_cast<int>(pixel / width % height);
      const bool border = row == 0 || row == height - 1 || column == 0 || column == width - 1;
      y[i] = border ? 0.1F : 0.7F;
    }
    const size_t floats = moment_floats(kChannels, height, width);
    AlignedBuffer<float> sum(floats), squares(floats);
    const MomentSums sums{sum.data(), squares.data()};
    moment_sums(y.data(), kChannels, height, width, sums);
    expect_moments(sums, y.span(), kChannels, height, width, 16, 2e-3);
  }
}

TEST_P(Conv2dTest, AConvolutionsMomentsAreThoseOfItsOutput) {
  const ConvShape s{1, 40, 70, 6, 3, 3};
  const Tensors t(s);
  AlignedBuffer<float> packed(s.weights()), y(t.dy.size());
  pack_for_forward(s, t.weights.data(), packed.data());
  const size_t floats = moment_floats(s.out_channels, s.out_height(), s.out_width());
  ASSERT_EQ(floats, size_t{3 * 6 * kLanes});
  AlignedBuffer<float> sum(floats), squares(floats), again_sum(floats), again_squares(floats);
  const MomentSums sums{sum.data(), squares.data()};
  const MomentSums again{again_sum.data(), again_squares.data()};
  const auto x = dense_view(t.x.data(), s.in_height, s.in_width);
  for (const bool relu : {false, true}) {
    conv2d_forward(s, x, packed.data(), nullptr, y.data(), {.relu = relu, .moments = &sums});
    moment_sums(y.data(), s.out_channels, s.out_height(), s.out_width(), again);
    EXPECT_TRUE(std::ranges::equal(sum.span(), again_sum.span()));
    EXPECT_TRUE(std::ranges::equal(squares.span(), again_squares.span()));
  }
}

TEST_P(Conv2dTest, RectifiesItsOutput) {
  const ConvShape s{3, 6, 9, 7, 3, 3};
  Tensors t(s);
  AlignedBuffer<float> packed(s.weights()), y(t.dy.size()), rectified(t.dy.size());
  pack_for_forward(s, t.weights.data(), packed.data());
  t.x.data()[5] = NAN;  // must not be hidden
  const auto x = dense_view(static_cast<const float*>(t.x.data()), s.in_height, s.in_width);
  conv2d_forward(s, x, packed.data(), nullptr, y.data());
  conv2d_forward(s, x, packed.data(), nullptr, rectified.data(), {.relu = true});
  for (size_t i = 0; i < y.size(); ++i) {
    if (std::isnan(y[i])) {
      EXPECT_TRUE(std::isnan(rectified[i]));
    } else {
      EXPECT_EQ(rectified[i], std::max(y[i], 0.0F));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Simd, Conv2dTest, ::testing::ValuesIn(simd_targets()), rung::testing::target_name);

}  // namespace
}  // namespace rung::kernels

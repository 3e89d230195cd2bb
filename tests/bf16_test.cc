// Kernels over pairs of bfloat16: each must give the bits of the same kernel over floats, rounded, and a
// convolution of pairs those of two fused multiply-adds for each pair.
#include "kernels/bf16.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/denormals.h"
#include "kernel_testing.h"
#include "kernels/activation.h"
#include "kernels/batch_norm.h"
#include "kernels/conv2d.h"
#include "kernels/elementwise.h"

namespace rung::kernels {
namespace {

using rung::testing::any_floats;
using rung::testing::random_values;

TEST(Bf16, RoundsToNearestEven) {
  constexpr float kStep = 1.0F / 128;  // between neighbours above 1
  EXPECT_EQ(rounded_to_bf16(1 + kStep / 2), 1);
  EXPECT_EQ(rounded_to_bf16(1 + kStep * 1.5F), 1 + 2 * kStep);
  EXPECT_EQ(rounded_to_bf16(std::nextafter(1 + kStep / 2, 2.0F)), 1 + kStep);
  EXPECT_EQ(rounded_to_bf16(-1 - kStep * 1.5F), -1 - 2 * kStep);
  EXPECT_EQ(rounded_to_bf16(255.5F), 256);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(rounded_to_bf16(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(rounded_to_bf16(-kInfinity), -kInfinity);
  EXPECT_TRUE(std::isnan(rounded_to_bf16(std::numeric_limits<float>::quiet_NaN())));
}

class Bf16Test : public rung::testing::EveryTarget {
 protected:
  FlushDenormals flush_;
};

std::vector<float> widened(int channels, size_t plane, const Bf16Pair* pairs) {
  AlignedBuffer<float> values(static_cast<size_t>(channels) * plane * kLanes);
  to_floats(channels, plane, pairs, values.data());
  return {values.data(), values.data() + values.size()};
}

// Random pairs, and the same values as floats.
struct Tensor {
  Tensor(int channels, int height, int width, uint32_t stream)
      : pairs(block_elements<Bf16Pair>(channels, height, width)),
        floats(random_values(block_floats(channels, height, width), stream)) {
    const size_t plane = block_floats(1, height, width) / kLanes;
    to_pairs(channels, plane, floats.data(), pairs.data());
    to_floats(channels, plane, pairs.data(), floats.data());
  }
  AlignedBuffer<Bf16Pair> pairs;
  AlignedBuffer<float> floats;
};

void expect_same_bits(std::span<const float> found, std::span<const float> expected,
                      const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(found[i]), std::bit_cast<uint32_t>(expected[i]))
        << what << ": element " << i << " of " << found.size() << ": " << found[i] << " instead of "
        << expected[i];
  }
}

std::vector<float> rounded(std::span<const float> values) {
  std::vector<float> result;
  for (const float value : values) result.push_back(rounded_to_bf16(value));
  return result;
}

bool fuses(const std::string& target) {
  return same_bits(target, "avx2");
}

// The vectors' rounding is that of the scalar function, and an odd channel more or less changes nothing.
TEST_P(Bf16Test, ConvertsAnyFloat) {
  constexpr size_t kPlane = 1000;
  auto any = any_floats(3 * kPlane * kLanes, 1);
  for (size_t i = 0; i < any.size(); i += 2) {  // half of them between two neighbours, or almost
    const uint32_t upper = std::bit_cast<uint32_t>(any[i]) & 0xFFFF0000U;
    any[i] = std::bit_cast<float>(upper | (0x7FFFU + static_cast<uint32_t>(i / 2 % 3)));
  }
  AlignedBuffer<Bf16Pair> pairs(2 * kPlane * kLanes);
  to_pairs(3, kPlane, any.data(), pairs.data());
  const auto found = widened(3, kPlane, pairs.data());
  for (size_t i = 0; i < found.size(); ++i) {
    const bool is_denormal = (std::bit_cast<uint32_t>(any[i]) & 0x7F800000U) == 0;
    if (std::isnan(any[i]) || is_denormal) continue;  // (no arithmetic here has a denormal result)
    ASSERT_EQ(std::bit_cast<uint32_t>(found[i]), std::bit_cast<uint32_t>(rounded_to_bf16(any[i])));
  }
}

TEST_P(Bf16Test, KeepsTheNansOfArithmetic) {
  AlignedBuffer<float> values(kLanes);
  volatile float infinity = std::numeric_limits<float>::infinity();
  values[0] = infinity - infinity;
  values[1] = std::numeric_limits<float>::quiet_NaN();
  values[2] = -values[1];
  AlignedBuffer<Bf16Pair> pairs(kLanes);
  to_pairs(1, 1, values.data(), pairs.data());
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(value_of(pairs[i], 0))) << i;
}

std::vector<ConvShape> conv_shapes() {
  std::vector<ConvShape> all;
  for (int k = 1; k <= 11; ++k)
    all.push_back({3, 5, 6, k, 3, 3});  // every tile, and odd channels on both sides
  for (int w = 3; w <= 9; ++w) all.push_back({4, 5, w, 6, 3, 3});
  all.push_back({2, 7, 8, 5, 2, 4});
  all.push_back({5, 9, 10, 4, 3, 3, 2, 2});
  all.push_back({3, 6, 7, 4, 3, 3, 1, 1, 1, 1});
  all.push_back({4, 9, 8, 8, 3, 3, 2, 1, 2, 2, 2, 2, 2});  // groups, dilated
  all.push_back({2, 11, 12, 4, 3, 3, 3, 1, 0, 1, 2, 3});
  all.push_back({37, 1, 1, 10, 1, 1});
  all.push_back({10, 26, 26, 10, 3, 3});
  return all;
}

std::string name_of(const ConvShape& s) {
  return fmt::format("{}x{}x{} to {}, kernel {}x{}, stride {}x{}, padding {}x{}, groups {}", s.in_channels,
                     s.in_height, s.in_width, s.out_channels, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w,
                     s.pad_h, s.pad_w, s.groups);
}

// `x` inside its border of zeros.
template <typename Element>
AlignedBuffer<Element> padded(const ConvShape& s, const Element* x) {
  const int height = s.in_height + 2 * s.pad_h;
  const int width = s.in_width + 2 * s.pad_w;
  AlignedBuffer<Element> buffer(block_elements<Element>(s.in_channels, height, width));
  const auto to = dense_view(buffer.data(), height, width);
  const auto from = dense_view(x, s.in_height, s.in_width);
  for (int c = 0; c * kChannelsOf<Element> < s.in_channels; ++c) {
    for (int row = 0; row < s.in_height; ++row)
      std::copy_n(from.at(c, row, 0), from.row, to.at(c, row + s.pad_h, s.pad_w));
  }
  return buffer;
}

template <typename Element>
View<const Element> padded_view(const ConvShape& s, const AlignedBuffer<Element>& buffer) {
  return dense_view<const Element>(buffer.data(), s.in_height + 2 * s.pad_h, s.in_width + 2 * s.pad_w);
}

// One output: the sum over pairs of channels and taps of fma(even, fma(odd, sum)).
float output_of_pairs(const ConvShape& s, const float* x, const float* weights, float bias, int k, int oy,
                      int ox, int lane) {
  float sum = bias;
  const int first = k / s.group_outputs() * s.group_inputs();
  const size_t plane = block_floats(1, s.in_height, s.in_width);
  for (int pair = 0; pair < pairs_of(s.group_inputs()); ++pair) {
    for (int tap = 0; tap < s.kernel_h * s.kernel_w; ++tap) {
      const int y = oy * s.stride_h + tap / s.kernel_w * s.dilation_h - s.pad_h;
      const int column = ox * s.stride_w + tap % s.kernel_w * s.dilation_w - s.pad_w;
      if (y < 0 || y >= s.in_height || column < 0 || column >= s.in_width) continue;
      for (const int c : {2 * pair + 1, 2 * pair}) {
        if (c == s.group_inputs()) continue;
        const float weight = weights[k * s.taps() + c * s.kernel_h * s.kernel_w + tap];
        const size_t pixel = static_cast<size_t>(y * s.in_width + column);
        const float value =
            x[static_cast<size_t>(first + c) * plane + pixel * kLanes + static_cast<size_t>(lane)];
        sum = std::fma(rounded_to_bf16(weight), value, sum);
      }
    }
  }
  return sum;
}

TEST_P(Bf16Test, ConvolutionOfPairsIsTwoFusedMultiplyAdds) {
  if (!fuses(GetParam())) GTEST_SKIP() << "no fused multiply-add";
  for (const ConvShape& s : conv_shapes()) {
    const Tensor x(s.in_channels, s.in_height, s.in_width, 1);
    const auto weights = random_values(s.weights(), 2);
    const auto bias = random_values(static_cast<size_t>(s.out_channels), 3);
    AlignedBuffer<float> packed(packed_pairs(s));
    pack_pairs_for_forward(s, weights.data(), packed.data());
    const size_t plane = block_floats(1, s.out_height(), s.out_width()) / kLanes;
    AlignedBuffer<Bf16Pair> y(block_elements<Bf16Pair>(s.out_channels, s.out_height(), s.out_width()));
    AlignedBuffer<float> row(block_floats(s.out_channels, 1, s.out_width()));
    const auto buffer = padded(s, x.pairs.data());
    conv2d_forward(s, padded_view(s, buffer), packed.data(), bias.data(), y.data(), {.row = row.data()});
    const auto found = widened(s.out_channels, plane, y.data());
    std::vector<float> expected;
    for (size_t at = 0; at < found.size(); ++at) {
      const auto lane = static_cast<int>(at % kLanes);
      const auto pixel = static_cast<int>(at / kLanes % plane);
      const auto k = static_cast<int>(at / kLanes / plane);
      expected.push_back(
          rounded_to_bf16(output_of_pairs(s, x.floats.data(), weights.data(), bias[k], k,
                                          pixel / s.out_width(), pixel % s.out_width(), lane)));
    }
    expect_same_bits(found, expected, name_of(s));
  }
}

// From floats to pairs: the same sums, then rounded; the moments are those of the rounded values.
TEST_P(Bf16Test, ConvolutionOfFloatsIsRounded) {
  for (const ConvShape& s : conv_shapes()) {
    const Tensor x(s.in_channels, s.in_height, s.in_width, 1);
    const auto weights = random_values(s.weights(), 2);
    AlignedBuffer<float> packed(s.weights());
    pack_for_forward(s, weights.data(), packed.data());
    const int height = s.out_height();
    const int width = s.out_width();
    const size_t plane = block_floats(1, height, width) / kLanes;
    AlignedBuffer<float> y(block_floats(s.out_channels, height, width)), row(y.size()), sums(4 * y.size());
    AlignedBuffer<Bf16Pair> pairs(block_elements<Bf16Pair>(s.out_channels, height, width));
    const MomentSums found{sums.data(), sums.data() + y.size()};
    const MomentSums expected{found.squares + y.size(), found.squares + 2 * y.size()};
    const auto buffer = padded(s, x.floats.data());
    conv2d_forward(s, padded_view(s, buffer), packed.data(), nullptr, y.data(), {.relu = true});
    conv2d_forward(s, padded_view(s, buffer), packed.data(), nullptr, pairs.data(),
                   {.relu = true, .moments = &found, .row = row.data()});
    const auto wide = widened(s.out_channels, plane, pairs.data());
    expect_same_bits(wide, rounded(y.span()), name_of(s));
    std::copy(wide.begin(), wide.end(), y.data());
    moment_sums(y.data(), s.out_channels, height, width, expected);
    const size_t count = block_floats(s.out_channels * moment_bands(height, width), 1, 1);
    expect_same_bits({found.sum, count}, {expected.sum, count}, name_of(s) + ", sums");
    expect_same_bits({found.squares, count}, {expected.squares, count}, name_of(s) + ", squares");
    std::vector<Moments> of_pairs(static_cast<size_t>(s.out_channels));
    std::vector<Moments> of_floats(of_pairs.size());
    block_moments(found, pairs.data(), height, width, 13, of_pairs);
    block_moments(expected, y.data(), height, width, 13, of_floats);
    for (size_t k = 0; k < of_pairs.size(); ++k) {
      EXPECT_EQ(of_pairs[k].mean, of_floats[k].mean) << name_of(s);
      EXPECT_EQ(of_pairs[k].squares, of_floats[k].squares) << name_of(s);
    }
  }
}

// The input gradient is the forward pass of the swapped and flipped weights over the canvas.
TEST_P(Bf16Test, InputGradientIsWithinItsRounding) {
  for (const ConvShape& s : conv_shapes()) {
    const auto weights = random_values(s.weights(), 2);
    const Tensor dy(s.out_channels, s.out_height(), s.out_width(), 4);
    const Canvas size = gradient_canvas(s);
    AlignedBuffer<Bf16Pair> canvas(block_elements<Bf16Pair>(s.out_channels, size.height, size.width));
    const auto to = dense_view(canvas.data(), size.height, size.width);
    const auto from = dense_view(dy.pairs.data(), s.out_height(), s.out_width());
    for (int k = 0; k < pairs_of(s.out_channels); ++k) {
      for (int y = 0; y < s.out_height(); ++y) {
        for (int x = 0; x < s.out_width(); ++x)
          std::copy_n(from.at(k, y, x), kLanes,
                      to.at(k, size.top + y * s.stride_h, size.left + x * s.stride_w));
      }
    }
    AlignedBuffer<float> packed(packed_pairs(s)), row(block_floats(s.in_channels, 1, s.in_width));
    pack_pairs_for_input_gradient(s, weights.data(), packed.data());
    AlignedBuffer<Bf16Pair> dx(block_elements<Bf16Pair>(s.in_channels, s.in_height, s.in_width));
    conv2d_input_gradient(s, canvas.data(), packed.data(), row.data(), dx.data());
    AlignedBuffer<float> expected(block_floats(s.in_channels, s.in_height, s.in_width));
    const std::vector<float> weights_seen = rounded(weights.span());
    reference::conv2d_input_gradient(s, dy.floats.data(), weights_seen.data(), expected.data());
    const size_t plane = block_floats(1, s.in_height, s.in_width) / kLanes;
    const auto found = widened(s.in_channels, plane, dx.data());
    rung::testing::expect_near_all(found, expected.span(), 1.0 / 256 + 1e-5, name_of(s));
  }
}

// The gradient of one weight: of each image the sum over rows and pairs of columns of fma(even, fma(odd,
// sum)), then the sum of neighbouring images, of neighbouring pairs of them, and so on.
float weight_gradient_of_pairs(const ConvShape& s, View<const float> x, View<const float> dy, int k,
                               int tap) {
  const int area = s.kernel_h * s.kernel_w;
  const int c = k / s.group_outputs() * s.group_inputs() + tap / area;
  const int ky = tap % area / s.kernel_w * s.dilation_h;
  const int kx = tap % s.kernel_w * s.dilation_w;
  std::array<float, kLanes> sums{};
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int row = 0; row < s.out_height(); ++row) {
      for (int even = 0; even < s.out_width(); even += 2) {
        for (const int column : {even + 1, even}) {
          if (column == s.out_width()) continue;
          sums[lane] = std::fma(dy.at(k, row, column)[lane],
                                x.at(c, row * s.stride_h + ky, column * s.stride_w + kx)[lane], sums[lane]);
        }
      }
    }
  }
  for (size_t left = kLanes / 2; left > 0; left /= 2) {
    for (size_t i = 0; i < left; ++i) sums[i] = sums[2 * i] + sums[2 * i + 1];
  }
  return sums[0];
}

TEST_P(Bf16Test, WeightGradientAddsPairsOfColumns) {
  if (!fuses(GetParam())) GTEST_SKIP() << "no fused multiply-add";
  for (const ConvShape& s : conv_shapes()) {
    const Tensor x(s.in_channels, s.in_height, s.in_width, 1);
    const Tensor dy(s.out_channels, s.out_height(), s.out_width(), 4);
    AlignedBuffer<float> scratch(weight_gradient_scratch(s, true));
    std::vector<float> found(s.weights()), expected;
    std::vector<float> dbias(static_cast<size_t>(s.out_channels)), expected_dbias(dbias.size());
    const auto pairs = padded(s, x.pairs.data());
    const auto floats = padded(s, x.floats.data());
    const auto dy_floats = dense_view<const float>(dy.floats.data(), s.out_height(), s.out_width());
    conv2d_weight_gradient(s, padded_view(s, pairs),
                           dense_view<const Bf16Pair>(dy.pairs.data(), s.out_height(), s.out_width()),
                           scratch.data(), found.data(), dbias.data());
    for (int k = 0; k < s.out_channels; ++k) {
      for (int tap = 0; tap < s.taps(); ++tap)
        expected.push_back(weight_gradient_of_pairs(s, padded_view(s, floats), dy_floats, k, tap));
    }
    expect_same_bits(found, expected, name_of(s));
    conv2d_weight_gradient(s, padded_view(s, floats), dy_floats, scratch.data(), found.data(),
                           expected_dbias.data());
    expect_same_bits(dbias, expected_dbias, name_of(s) + ", bias");
  }
}

std::vector<ActivationShape> activation_shapes() {
  std::vector<ActivationShape> all;
  for (const bool relu : {false, true}) {
    for (const int channels : {1, 4, 5}) {
      all.push_back({.channels = channels, .height = 5, .width = 6, .relu = relu});
      for (const Pooling pooling : {Pooling::kMax, Pooling::kAverage}) {
        for (const int side : {1, 2, 3})
          all.push_back({.channels = channels,
                         .height = 5,
                         .width = 6,
                         .relu = relu,
                         .pooling = pooling,
                         .pool_h = side,
                         .pool_w = side});
      }
    }
  }
  for (const Function function : {Function::kSilu, Function::kTanh})
    all.push_back({.channels = 3, .height = 4, .width = 5, .function = function});
  all.push_back({.channels = 3, .height = 4, .width = 5, .rectified = true});
  return all;
}

// One activation, forward and back, over pairs and over the same values as floats.
class BothActivations {
 public:
  BothActivations(const ActivationShape& shape, bool adds)
      : s_(shape),
        plane_(shape.plane()),
        out_plane_(block_floats(1, shape.out_height(), shape.out_width()) / kLanes),
        x_(shape.channels, shape.height, shape.width, 1),
        added_(shape.channels, shape.height, shape.width, 2),
        dy_(shape.channels, shape.out_height(), shape.out_width(), 3),
        by_channel_(random_values(static_cast<size_t>(shape.channels) + 1, 4)),
        adds_(adds && !shape.function),
        has_bits_(shape.gates()) {
    bits_.assign(plane_ * static_cast<size_t>(2 * pairs_of(shape.channels)), 0xBEEF);
    bits_of_floats_ = bits_;
  }

  void check(int lanes) {
    forward();
    sums();
    backward(nullptr, lanes);
    const float* of_channel = by_channel_.data();
    const NormGradient norm{of_channel, of_channel, of_channel, of_channel};
    backward(&norm, lanes);
  }

 private:
  ActivationInputOf<Bf16Pair> pairs() const {
    return {x_.pairs.data(), by_channel_.data(), by_channel_.data(), adds_ ? added_.pairs.data() : nullptr};
  }
  ActivationInput floats() const {
    return {x_.floats.data(), by_channel_.data(), by_channel_.data(), adds_ ? added_.floats.data() : nullptr};
  }
  uint16_t* bits(std::vector<uint16_t>& words) { return has_bits_ ? words.data() : nullptr; }
  size_t channels() const { return static_cast<size_t>(s_.channels); }

  void forward() {
    AlignedBuffer<Bf16Pair> y(dy_.pairs.size());
    AlignedBuffer<float> expected(dy_.floats.size());
    activation_forward(s_, pairs(), bits(bits_), y.data());
    activation_forward(s_, floats(), bits(bits_of_floats_), expected.data());
    expect_same_bits(widened(s_.channels, out_plane_, y.data()), rounded(expected.span()), "y");
    bits_.resize(channels() * plane_);
    bits_of_floats_.resize(bits_.size());
    EXPECT_EQ(bits_, bits_of_floats_);
    bits_.resize(plane_ * static_cast<size_t>(2 * pairs_of(s_.channels)));
  }

  void sums() {
    Tensor dy = Tensor(s_.channels, s_.out_height(), s_.out_width(), 3);
    Tensor skip = Tensor(s_.channels, s_.height, s_.width, 5);
    std::vector<float> found(2 * channels() + 2), expected(2 * channels());
    activation_backward_sums(s_, pairs(),
                             {dy.pairs.data(), bits(bits_), 1.25F, adds_ ? skip.pairs.data() : nullptr, true},
                             by_channel_.data(), found.data());
    activation_backward_sums(
        s_, floats(),
        {dy.floats.data(), bits(bits_of_floats_), 1.25F, adds_ ? skip.floats.data() : nullptr, true},
        by_channel_.data(), expected.data());
    found.resize(expected.size());
    expect_same_bits(found, expected, "sums");
    expect_same_bits(widened(s_.channels, plane_, skip.pairs.data()), rounded(skip.floats.span()), "skip");
    expect_same_bits(widened(s_.channels, out_plane_, dy.pairs.data()), rounded(dy.floats.span()), "g");
  }

  void backward(const NormGradient* norm, int lanes) {
    if (norm == nullptr && s_.rectified) return;
    AlignedBuffer<Bf16Pair> dx(x_.pairs.size());
    AlignedBuffer<float> wide(x_.floats.size()), expected(x_.floats.size());
    const ActivationGradientOf<Bf16Pair> of_pairs{dy_.pairs.data(), bits(bits_), 1.25F};
    const ActivationGradient of_floats{dy_.floats.data(), bits(bits_of_floats_), 1.25F};
    activation_backward(s_, pairs(), of_pairs, norm, lanes, dense_view(dx.data(), s_.height, s_.width));
    activation_backward(s_, pairs(), of_pairs, norm, lanes, dense_view(wide.data(), s_.height, s_.width));
    activation_backward(s_, floats(), of_floats, norm, lanes,
                        dense_view(expected.data(), s_.height, s_.width));
    expect_same_bits(widened(s_.channels, plane_, dx.data()), rounded(expected.span()), "dx");
    expect_same_bits(wide.span(), expected.span(), "dx as floats");
  }

  ActivationShape s_;
  size_t plane_, out_plane_;
  Tensor x_, added_, dy_;
  AlignedBuffer<float> by_channel_;
  bool adds_, has_bits_;
  std::vector<uint16_t> bits_, bits_of_floats_;
};

TEST_P(Bf16Test, ActivationsAreThoseOfTheWidenedValues) {
  for (const ActivationShape& shape : activation_shapes()) {
    for (const bool adds : {false, true}) {
      SCOPED_TRACE(fmt::format("{} channels, relu {}, pooling {} of {}, function {}, adds {}", shape.channels,
                               shape.relu, static_cast<int>(shape.pooling), shape.pool_h,
                               shape.function.has_value(), adds));
      BothActivations(shape, adds).check(11);
    }
  }
}

TEST_P(Bf16Test, SumOfGradientsIsRounded) {
  const Tensor a(5, 3, 4, 1);
  const Tensor b(5, 3, 4, 2);
  AlignedBuffer<Bf16Pair> y(a.pairs.size());
  AlignedBuffer<float> expected(a.floats.size());
  add(y.size(), a.pairs.data(), b.pairs.data(), y.data());
  add(expected.size(), a.floats.data(), b.floats.data(), expected.data());
  expect_same_bits(widened(5, 12, y.data()), rounded(expected.span()), "sum");
}

// As the processors' instructions have it: denormal numbers are zeros, in operands and in results.
TEST_P(Bf16Test, DenormalsAreZeros) {
  const ConvShape s{.in_channels = 2, .out_channels = 2};
  const float tiny = std::bit_cast<float>(0x00400000U);  // below the least normal number
  AlignedBuffer<float> x(2 * kLanes), packed(packed_pairs(s)), row(2 * kLanes);
  AlignedBuffer<Bf16Pair> pairs(kLanes), y(kLanes);
  x[0] = tiny;                                        // times 1
  x[kLanes + 1] = std::numeric_limits<float>::min();  // times 1/2
  x[2] = 1;
  to_pairs(2, 1, x.data(), pairs.data());
  const std::vector<float> weights = {1, 0.5F, 1, 0.5F};
  pack_pairs_for_forward(s, weights.data(), packed.data());
  conv2d_forward(s, dense_view<const Bf16Pair>(pairs.data(), 1, 1), packed.data(), nullptr, y.data(),
                 {.row = row.data()});
  EXPECT_EQ(value_of(y[0], 0), 0);
  EXPECT_EQ(value_of(y[1], 0), 0);
  EXPECT_EQ(value_of(y[2], 0), 1);
}

INSTANTIATE_TEST_SUITE_P(Targets, Bf16Test, ::testing::ValuesIn(simd_targets()), rung::testing::target_name);

}  // namespace
}  // namespace rung::kernels

// Differential: every SIMD kernel against its reference, on each instruction set of this machine, over shapes
// drawn from the fuzzer's bytes. All instruction sets with fused multiply-add must agree to the bit.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/enumerators.h"
#include "base/philox.h"
#include "exact_functions.h"
#include "kernels/activation.h"
#include "kernels/conv2d.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/pooling.h"
#include "kernels/simd.h"
#include "nn/layers/group_norm.h"
#include "target.h"

namespace rung::kernels {
namespace {

using fuzz::require;

constexpr double kEpsilon = 0x1p-23;
constexpr int kMaxProducts = 60'000;  // of one lane: a few milliseconds in the reference

// Draws numbers from the input's bytes; zeros when they are used up.
class Draw {
 public:
  Draw(const uint8_t* data, size_t size) : bytes_(data, size) {}

  int between(int low, int high) { return low + byte() % (high - low + 1); }
  bool coin() { return byte() % 2 == 1; }

  // Uniform in [-size, size).
  AlignedBuffer<float> values(size_t count, float size = 1) {
    AlignedBuffer<float> result(count);
    RandomStream random(seed_, RandomPurpose::kInit, stream_++);
    for (float& value : result.span()) value = static_cast<float>(random.uniform(-size, size));
    return result;
  }

  // Of all bit patterns with the same chance: every exponent, both infinities, and NaNs.
  AlignedBuffer<float> any_floats(size_t count) {
    AlignedBuffer<float> result(count);
    RandomStream random(seed_, RandomPurpose::kInit, stream_++);
    for (float& value : result.span()) value = std::bit_cast<float>(random.next());
    return result;
  }

  std::vector<uint8_t> labels(int classes) {
    std::vector<uint8_t> result;
    RandomStream random(seed_, RandomPurpose::kInit, stream_++);
    for (int image = 0; image < kLanes; ++image)
      result.push_back(static_cast<uint8_t>(random.below(static_cast<uint32_t>(classes))));
    return result;
  }

 private:
  int byte() {
    if (bytes_.empty()) return 0;
    const int first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    seed_ = seed_ * 257 + static_cast<uint64_t>(first);
    return first;
  }

  std::span<const uint8_t> bytes_;
  uint64_t seed_ = 1;
  uint32_t stream_ = 0;
};

// One result of a kernel, and how far it may be from the reference: tolerance * (1 + |expected|). NaN and
// infinity must be the same.
struct Output {
  std::vector<float> values;
  double tolerance = 0;
};
using Outputs = std::vector<Output>;

template <typename Values>
Output output(const Values& values, double tolerance = 0) {
  return {{values.begin(), values.end()}, tolerance};
}

// The rounding error to expect in a sum of `terms` products of values of size 1.
double sum_tolerance(double terms) {
  return kEpsilon * (8 + 4 * std::sqrt(terms));
}

bool has_fma(const std::string& target) {
  return target.starts_with("avx") || target.starts_with("neon");
}

bool is_near(double found, double wanted, double tolerance) {
  if (std::isnan(wanted)) return std::isnan(found);
  if (std::isinf(wanted)) return found == wanted;
  return std::abs(found - wanted) <= tolerance * (1 + std::abs(wanted));
}

void require_near(const Outputs& actual, const Outputs& expected, const std::string& what) {
  for (size_t part = 0; part < expected.size(); ++part) {
    for (size_t i = 0; i < expected[part].values.size(); ++i) {
      const double wanted = expected[part].values[i];
      const double found = actual[part].values[i];
      require(is_near(found, wanted, expected[part].tolerance),
              fmt::format("{}, output {}: element {} is {}, expected {}", what, part, i, found, wanted));
    }
  }
}

void require_same_bits(const Outputs& actual, const Outputs& expected, const std::string& what) {
  // One NaN is as good as another.
  const auto bits = [](float value) {
    return std::bit_cast<uint32_t>(std::isnan(value) ? std::nanf("") : value);
  };
  for (size_t part = 0; part < expected.size(); ++part)
    require(std::ranges::equal(actual[part].values, expected[part].values, {}, bits, bits),
            fmt::format("{}, output {}: the bits of other instruction sets", what, part));
}

// run() calls the SIMD kernel.
template <typename Run>
void compare(const std::string& what, const Outputs& expected, Run run) {
  Outputs first;
  for (const std::string& target : simd_targets()) {
    force_simd_target(target);
    const std::string where = fmt::format("{} on {}", what, target);
    const Outputs actual = run();
    require_near(actual, expected, where);
    if (!has_fma(target)) continue;
    if (first.empty()) first = actual;
    require_same_bits(actual, first, where);
  }
}

ConvShape draw_conv(Draw& draw) {
  ConvShape s;
  s.groups = draw.between(1, 3);
  s.in_channels = s.groups * draw.between(1, 9);
  s.out_channels = s.groups * draw.between(1, 13);
  s.kernel_h = draw.between(1, 5);
  s.kernel_w = draw.between(1, 5);
  s.stride_h = draw.between(1, 3);
  s.stride_w = draw.between(1, 3);
  s.pad_h = draw.between(0, 3);
  s.pad_w = draw.between(0, 3);
  s.dilation_h = draw.between(1, 4);
  s.dilation_w = draw.between(1, 4);
  s.in_height = std::max(draw.between(1, 12), s.extent_h() - 2 * s.pad_h);
  s.in_width = std::max(draw.between(1, 12), s.extent_w() - 2 * s.pad_w);
  return s;
}

std::string name(const ConvShape& s) {
  return fmt::format("{}x{}x{} to {}, kernel {}x{}, stride {}x{}, padding {}x{}, dilation {}x{}, groups {}",
                     s.in_channels, s.in_height, s.in_width, s.out_channels, s.kernel_h, s.kernel_w,
                     s.stride_h, s.stride_w, s.pad_h, s.pad_w, s.dilation_h, s.dilation_w, s.groups);
}

bool is_small(const ConvShape& s) {
  return s.out_channels * s.out_height() * s.out_width() * s.taps() <= kMaxProducts;
}

// The images [C][height][width][16] spread out, `stride` apart starting at (top, left), in a canvas of zeros.
AlignedBuffer<float> in_canvas(const float* images, int channels, int height, int width, const Canvas& canvas,
                               int stride_h, int stride_w) {
  AlignedBuffer<float> result(block_floats(channels, canvas.height, canvas.width));
  const auto from = dense_view(images, height, width);
  const auto to = dense_view(result.data(), canvas.height, canvas.width);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x)
        std::copy_n(from.at(c, y, x), kLanes,
                    to.at(c, y * stride_h + canvas.top, x * stride_w + canvas.left));
    }
  }
  return result;
}

// The input inside its border of zeros.
struct Padded {
  Padded(const ConvShape& s, const float* x)
      : canvas{.height = s.in_height + 2 * s.pad_h,
               .width = s.in_width + 2 * s.pad_w,
               .top = s.pad_h,
               .left = s.pad_w},
        values(in_canvas(x, s.in_channels, s.in_height, s.in_width, canvas, 1, 1)) {}
  View<const float> view() const { return dense_view(values.data(), canvas.height, canvas.width); }
  Canvas canvas;
  AlignedBuffer<float> values;
};

size_t inputs(const ConvShape& s) {
  return block_floats(s.in_channels, s.in_height, s.in_width);
}
size_t outputs(const ConvShape& s) {
  return block_floats(s.out_channels, s.out_height(), s.out_width());
}

// The moments that conv2d_forward should write, computed from its output, which is one band.
Outputs moments_of(const ConvShape& s, std::span<const float> y, double tolerance) {
  const auto plane = static_cast<size_t>(s.out_height()) * static_cast<size_t>(s.out_width());
  const auto rows = static_cast<size_t>(s.out_channels);
  std::vector<float> sum;
  std::vector<float> squares;
  for (size_t at = 0; at < rows * kLanes; ++at) {
    const auto values = y.subspan(at / kLanes * plane * kLanes + at % kLanes);
    double first = 0;
    double second = 0;
    for (size_t i = 0; i < plane; ++i) {
      const double centred = double{values[i * kLanes]} - values[0];
      first += centred;
      second += centred * centred;
    }
    sum.push_back(static_cast<float>(first));
    squares.push_back(static_cast<float>(second));
  }
  const double terms = static_cast<double>(plane);
  return {output(sum, 8 * terms * tolerance), output(squares, 64 * terms * tolerance)};
}

void check_conv_forward(Draw& draw) {
  const ConvShape s = draw_conv(draw);
  const bool has_bias = draw.coin();
  const bool has_moments = draw.coin();
  const bool relu = draw.coin();
  if (!is_small(s)) return;
  const auto x = draw.values(inputs(s));
  const auto weights = draw.values(s.weights());
  const auto all_biases = draw.values(static_cast<size_t>(s.out_channels));
  const float* bias = has_bias ? all_biases.data() : nullptr;
  const double tolerance = sum_tolerance(s.taps());
  AlignedBuffer<float> y(outputs(s));
  reference::conv2d_forward(s, x.data(), weights.data(), bias, y.data());
  for (float& value : y.span()) value = relu ? std::max(value, 0.0F) : value;
  Outputs expected = {output(y.span(), tolerance)};
  if (has_moments) {
    for (Output& part : moments_of(s, y.span(), tolerance)) expected.push_back(std::move(part));
  }
  const Padded padded(s, x.data());
  AlignedBuffer<float> packed(s.weights());
  pack_for_forward(s, weights.data(), packed.data());
  compare("conv2d_forward " + name(s), expected, [&]() -> Outputs {
    AlignedBuffer<float> sum(static_cast<size_t>(s.out_channels) * kLanes);
    AlignedBuffer<float> squares(sum.size());
    const MomentSums sums{sum.data(), squares.data()};
    conv2d_forward(s, padded.view(), packed.data(), bias, y.data(),
                   {.relu = relu, .moments = has_moments ? &sums : nullptr});
    if (!has_moments) return {output(y.span())};
    return {output(y.span()), output(sum.span()), output(squares.span())};
  });
}

void check_conv_input_gradient(Draw& draw) {
  const ConvShape s = draw_conv(draw);
  if (!is_small(s)) return;
  const auto dy = draw.values(outputs(s));
  const auto weights = draw.values(s.weights());
  AlignedBuffer<float> dx(inputs(s));
  reference::conv2d_input_gradient(s, dy.data(), weights.data(), dx.data());
  const double terms = double{1} * s.group_outputs() * s.kernel_h * s.kernel_w;
  const Outputs expected = {output(dx.span(), sum_tolerance(terms))};
  const auto canvas = in_canvas(dy.data(), s.out_channels, s.out_height(), s.out_width(), gradient_canvas(s),
                                s.stride_h, s.stride_w);
  AlignedBuffer<float> packed(s.weights());
  pack_for_input_gradient(s, weights.data(), packed.data());
  compare("conv2d_input_gradient " + name(s), expected, [&]() -> Outputs {
    conv2d_input_gradient(s, canvas.data(), packed.data(), dx.data());
    return {output(dx.span())};
  });
}

void check_conv_weight_gradient(Draw& draw) {
  const ConvShape s = draw_conv(draw);
  const bool has_bias = draw.coin();
  if (!is_small(s)) return;
  const auto x = draw.values(inputs(s));
  const auto dy = draw.values(outputs(s));
  AlignedBuffer<float> dweights(s.weights());
  AlignedBuffer<float> all_dbiases(static_cast<size_t>(s.out_channels));
  float* dbias = has_bias ? all_dbiases.data() : nullptr;
  const double tolerance = 2 * sum_tolerance(16.0 * s.out_height() * s.out_width());
  reference::conv2d_weight_gradient(s, x.data(), dy.data(), dweights.data(), dbias);
  const Outputs expected = {output(dweights.span(), tolerance), output(all_dbiases.span(), tolerance)};
  const Padded padded(s, x.data());
  compare("conv2d_weight_gradient " + name(s), expected, [&]() -> Outputs {
    AlignedBuffer<float> scratch(s.weights() * kLanes);
    conv2d_weight_gradient(s, padded.view(), dense_view(dy.data(), s.out_height(), s.out_width()),
                           scratch.data(), dweights.data(), dbias);
    return {output(dweights.span()), output(all_dbiases.span())};
  });
}

AlignedBuffer<Bf16Pair> in_pairs(const AlignedBuffer<float>& values, int channels, int height, int width) {
  AlignedBuffer<Bf16Pair> pairs(block_elements<Bf16Pair>(channels, height, width));
  to_pairs(channels, block_floats(1, height, width) / kLanes, values.data(), pairs.data());
  return pairs;
}

AlignedBuffer<float> in_floats(const AlignedBuffer<Bf16Pair>& pairs, int channels, int height, int width) {
  AlignedBuffer<float> values(block_floats(channels, height, width));
  to_floats(channels, block_floats(1, height, width) / kLanes, pairs.data(), values.data());
  return values;
}

// All three passes over pairs of bfloat16.
void check_conv_pairs(Draw& draw) {
  constexpr double kRounding = 0x1p-8;
  const ConvShape s = draw_conv(draw);
  if (!is_small(s) || !takes_pairs(s)) return;
  auto x = draw.values(inputs(s));
  auto dy = draw.values(outputs(s));
  auto weights = draw.values(s.weights());
  for (auto* values : {&x, &dy, &weights})
    std::ranges::transform(values->span(), values->data(), rounded_to_bf16);
  AlignedBuffer<float> y(outputs(s)), dx(inputs(s)), dweights(s.weights());
  reference::conv2d_forward(s, x.data(), weights.data(), nullptr, y.data());
  reference::conv2d_input_gradient(s, dy.data(), weights.data(), dx.data());
  reference::conv2d_weight_gradient(s, x.data(), dy.data(), dweights.data(), nullptr);
  const Outputs expected = {
      output(y.span(), kRounding + sum_tolerance(s.taps())),
      output(dx.span(), kRounding + sum_tolerance(s.weights())),
      output(dweights.span(), 2 * sum_tolerance(16.0 * s.out_height() * s.out_width()))};
  const Padded padded(s, x.data());
  const Canvas canvas = gradient_canvas(s);
  const auto x_pairs = in_pairs(padded.values, s.in_channels, padded.canvas.height, padded.canvas.width);
  const auto dy_pairs = in_pairs(dy, s.out_channels, s.out_height(), s.out_width());
  const auto canvas_pairs = in_pairs(
      in_canvas(dy.data(), s.out_channels, s.out_height(), s.out_width(), canvas, s.stride_h, s.stride_w),
      s.out_channels, canvas.height, canvas.width);
  AlignedBuffer<float> packed(packed_pairs(s)), packed_backward(packed_pairs(s));
  compare("convolution of pairs, " + name(s), expected, [&]() -> Outputs {
    pack_pairs_for_forward(s, weights.data(), packed.data());
    pack_pairs_for_input_gradient(s, weights.data(), packed_backward.data());
    const View<const Bf16Pair> view = dense_view(x_pairs.data(), padded.canvas.height, padded.canvas.width);
    AlignedBuffer<float> row(std::max(inputs(s), outputs(s))), scratch(weight_gradient_scratch(s, true));
    AlignedBuffer<Bf16Pair> y_pairs(dy_pairs.size());
    AlignedBuffer<Bf16Pair> dx_pairs(block_elements<Bf16Pair>(s.in_channels, s.in_height, s.in_width));
    conv2d_forward(s, view, packed.data(), nullptr, y_pairs.data(), {.row = row.data()});
    conv2d_input_gradient(s, canvas_pairs.data(), packed_backward.data(), row.data(), dx_pairs.data());
    conv2d_weight_gradient(s, view, dense_view(dy_pairs.data(), s.out_height(), s.out_width()),
                           scratch.data(), dweights.data(), nullptr);
    return {output(in_floats(y_pairs, s.out_channels, s.out_height(), s.out_width()).span()),
            output(in_floats(dx_pairs, s.in_channels, s.in_height, s.in_width).span()),
            output(dweights.span())};
  });
}

ActivationShape draw_activation(Draw& draw) {
  ActivationShape s;
  s.channels = draw.between(1, 4);
  s.height = draw.between(1, 11);
  s.width = draw.between(1, 11);
  s.relu = draw.coin();
  s.rectified = draw.coin();
  s.pooling = std::array{Pooling::kNone, Pooling::kMax, Pooling::kAverage}[draw.between(0, 2)];
  if (s.pooling == Pooling::kNone) return s;
  s.pool_h = draw.between(1, s.height);
  s.pool_w = draw.between(1, s.width);
  return s;
}

std::string name(const ActivationShape& s) {
  return fmt::format("{}x{}x{}, relu {}, pooling {} {}x{}, {}{}", s.channels, s.height, s.width, s.relu,
                     static_cast<int>(s.pooling), s.pool_h, s.pool_w,
                     s.function ? name_of(*s.function) : "no function", s.rectified ? ", rectified" : "");
}

std::vector<uint16_t> keep_bits(Draw& draw, size_t size) {
  std::vector<uint16_t> bits(size);
  const DropoutStream stream{.key = {static_cast<uint32_t>(draw.between(0, 255)), 1}};
  reference::dropout_bits(stream, dropout_threshold(0.3), size, bits.data());
  return bits;
}

// The bits that mean something: where something is gated, and not past the last whole window.
Output meaningful(const ActivationShape& s, const std::vector<uint16_t>& bits) {
  Output result;
  for (size_t i = 0; s.gates() && i < bits.size(); ++i) {
    const int row = static_cast<int>(i) / s.width % s.height;
    const int column = static_cast<int>(i) % s.width;
    if (row < s.out_height() * s.pool_h && column < s.out_width() * s.pool_w)
      result.values.push_back(bits[i]);
  }
  return result;
}

// Values on a grid that float arithmetic is exact on: windows have equal maxima, and relu's zeros are zeros.
void check_activation_forward(Draw& draw) {
  const ActivationShape s = draw_activation(draw);
  const bool training = draw.coin();
  auto x = draw.values(s.elements() * kLanes, 3);
  for (float& value : x.span()) value = std::round(value);
  const std::array scale{0.5F, -1.5F, 2.0F, 1.0F};
  const std::array shift{0.25F, 0.0F, -1.0F, 3.0F};
  const auto kept = keep_bits(draw, s.elements());
  auto bits = kept;
  AlignedBuffer<float> y(block_floats(s.channels, s.out_height(), s.out_width()));
  const double tolerance = s.pooling == Pooling::kAverage ? 16 * kEpsilon : 0;
  const auto added = draw.values(x.size());
  const ActivationInput input{x.data(), scale.data(), shift.data(), draw.coin() ? added.data() : nullptr};
  reference::activation_forward(s, input, training ? bits.data() : nullptr, y.data());
  const Outputs expected = {output(y.span(), tolerance), meaningful(s, bits)};
  compare("activation_forward " + name(s), expected, [&]() -> Outputs {
    bits = kept;
    activation_forward(s, input, training ? bits.data() : nullptr, y.data());
    return {output(y.span()), meaningful(s, bits)};
  });
}

// Both steps of the backward pass, and everything that they write.
template <typename Sums, typename Backward>
Outputs run_backward(const ActivationShape& s, const ActivationInput& input, ActivationGradient gradient,
                     AlignedBuffer<float> dy, AlignedBuffer<float> added, const NormGradient* norm, int lanes,
                     Sums backward_sums, Backward backward) {
  std::vector<float> sums(2 * static_cast<size_t>(s.channels));
  AlignedBuffer<float> dx(s.elements() * kLanes);
  gradient.dy = dy.data();
  if (added.size() > 0) gradient.added = added.data();
  if (norm != nullptr) backward_sums(s, input, gradient, norm->mean, sums.data());
  backward(s, input, gradient, norm, lanes, dense_view(dx.data(), s.height, s.width));
  const double tolerance = (s.function ? 256 : 16) * kEpsilon;
  return {output(sums, (s.function ? 16 : 2) * sum_tolerance(16.0 * s.height * s.width)),
          output(dy.span(), tolerance), output(added.span(), tolerance), output(dx.span(), tolerance)};
}

AlignedBuffer<float> copy_of(const AlignedBuffer<float>& values) {
  AlignedBuffer<float> copy(values.size());
  std::ranges::copy(values.span(), copy.data());
  return copy;
}

void check_backward(Draw& draw, const ActivationShape& s, const AlignedBuffer<float>& x) {
  const bool normed = draw.coin() || s.rectified;
  const int lanes = draw.between(1, kLanes);
  const auto dy = draw.values(block_floats(s.channels, s.out_height(), s.out_width()));
  const auto kept = keep_bits(draw, s.elements());
  const auto added = draw.values(!s.function && draw.coin() ? x.size() : 0);
  const auto scale = draw.values(4), shift = draw.values(4), factor = draw.values(4), value = draw.values(4),
             mean = draw.values(4), constant = draw.values(4);
  const ActivationInput input{x.data(), scale.data(), shift.data()};
  const NormGradient norm{factor.data(), value.data(), mean.data(), constant.data()};
  const ActivationGradient gradient{
      .bits = draw.coin() ? kept.data() : nullptr, .passed = 1.25F, .accumulates = draw.coin()};
  const auto run = [&](auto backward_sums, auto backward) {
    return run_backward(s, input, gradient, copy_of(dy), copy_of(added), normed ? &norm : nullptr, lanes,
                        backward_sums, backward);
  };
  compare("activation_backward " + name(s),
          run(testing::exact_activation_backward_sums, testing::exact_activation_backward), [&] {
            return run([](const auto&... given) { activation_backward_sums(given...); },
                       [](const auto&... given) { activation_backward(given...); });
          });
}

void check_activation_backward(Draw& draw) {
  const ActivationShape s = draw_activation(draw);
  check_backward(draw, s, draw.values(s.elements() * kLanes));
}

std::vector<Window> draw_windows(Draw& draw, int side) {
  if (draw.coin()) return adaptive_windows(side, draw.between(1, 14));
  const int kernel = draw.between(1, std::min(side, 5));
  return sliding_windows(side, kernel, draw.between(1, 4), draw.between(0, kernel / 2));
}

// Values on a grid, so that windows have equal maxima.
void check_pooling(Draw& draw) {
  PoolShape s{.pooling = draw.coin() ? Pooling::kMax : Pooling::kAverage,
              .channels = draw.between(1, 4),
              .height = draw.between(1, 11),
              .width = draw.between(1, 11),
              .rows = {},
              .columns = {}};
  s.rows = draw_windows(draw, s.height);
  s.columns = draw_windows(draw, s.width);
  auto x = draw.values(block_floats(s.channels, s.height, s.width), 3);
  for (float& value : x.span()) value = std::round(value);
  const auto dy = draw.values(
      block_floats(s.channels, static_cast<int>(s.rows.size()), static_cast<int>(s.columns.size())));
  const auto run = [&](auto forward, auto backward) -> Outputs {
    AlignedBuffer<float> y(dy.size()), dx(x.size());
    forward(s, x.data(), y.data());
    backward(s, dy.data(), x.data(), dx.data());
    return {output(y.span(), 16 * kEpsilon), output(dx.span(), 64 * kEpsilon)};
  };
  compare(fmt::format("pooling {} of {}x{}x{} to {}x{}", static_cast<int>(s.pooling), s.channels, s.height,
                      s.width, s.rows.size(), s.columns.size()),
          run(reference::pool_forward, reference::pool_backward),
          [&] { return run(pool_forward, pool_backward); });
}

ElementwiseShape draw_elementwise(Draw& draw) {
  const int channels = draw.between(1, 9);
  return {channels, static_cast<size_t>(draw.between(1, 60))};
}

void check_leaky_relu(Draw& draw) {
  const ElementwiseShape s = draw_elementwise(draw);
  const bool shared = draw.coin();
  auto x = draw.values(s.floats(), 3);
  x[0] = 0;
  const auto dy = draw.values(s.floats());
  const auto slopes = draw.values(shared ? 1 : static_cast<size_t>(s.channels));
  const std::span<const float> slope(slopes.data(), shared ? 1 : static_cast<size_t>(s.channels));
  const auto run = [&](auto forward, auto backward) -> Outputs {
    AlignedBuffer<float> y(s.floats()), dx(s.floats());
    std::vector<float> dslope(slope.size());
    forward(s, x.data(), slope, y.data());
    backward(s, dy.data(), x.data(), slope, dx.data(), dslope);
    return {output(y.span()), output(dx.span()),
            output(dslope, 8 * sum_tolerance(static_cast<double>(s.floats())))};
  };
  compare(fmt::format("leaky_relu {}x{}, {} slopes", s.channels, s.plane, slope.size()),
          run(reference::leaky_relu_forward, reference::leaky_relu_backward),
          [&] { return run(leaky_relu_forward, leaky_relu_backward); });
}

Function draw_function(Draw& draw) {
  return kEnumerators<Function>[static_cast<size_t>(
      draw.between(0, static_cast<int>(kEnumerators<Function>.size()) - 1))];
}

void check_function(Draw& draw) {
  const ActivationShape s{.channels = draw.between(1, 4),
                          .height = draw.between(1, 11),
                          .width = draw.between(1, 11),
                          .function = draw_function(draw),
                          .rectified = draw.coin()};
  const auto x = draw.values(s.elements() * kLanes, static_cast<float>(draw.between(1, 200)));
  check_backward(draw, s, x);
  const auto any = draw.any_floats(x.size());
  const std::array scale{1.0F, 1.0F, 1.0F, 1.0F};
  const std::array shift{0.0F, 0.0F, 0.0F, 0.0F};
  const ActivationInput input{draw.coin() ? any.data() : x.data(), scale.data(), shift.data()};
  const auto run = [&](auto forward) -> Outputs {
    AlignedBuffer<float> y(x.size());
    forward(s, input, nullptr, y.data());
    return {output(y.span(), 32 * kEpsilon)};
  };
  compare("activation_forward " + name(s), run(testing::exact_activation_forward),
          [&] { return run([](const auto&... given) { activation_forward(given...); }); });
}

// The values lie around zero or far from it, and 1 / sqrt(eps) = 10 is the most that roundings grow.
void check_group_norm(Draw& draw) {
  constexpr double kLargestInverse = 10;
  const int groups = draw.between(1, 4);
  const GroupNormShape s{.channels = groups * draw.between(1, 5),
                         .groups = groups,
                         .plane = static_cast<size_t>(draw.between(1, 60)),
                         .eps = 0.01F};
  const float centre = draw.coin() ? 4 : 0;
  const bool is_affine = draw.coin();
  const auto channels = static_cast<size_t>(s.channels);
  auto x = draw.values(channels * s.plane * kLanes);
  for (float& value : x.span()) value += centre;
  const auto dy = draw.values(x.size());
  const auto weights = draw.values(channels);
  const auto biases = draw.values(channels);
  const float* weight = is_affine ? weights.data() : nullptr;
  const float* bias = is_affine ? biases.data() : nullptr;
  const double values = static_cast<double>(s.plane) * s.channels / s.groups;  // of a mean
  const double sums = static_cast<double>(s.plane) * kLanes;                   // of a weight's gradient
  const double normal = kLargestInverse * 5 * sum_tolerance(values);
  const auto run = [&](auto forward, auto backward) -> Outputs {
    AlignedBuffer<float> y(x.size()), dx(x.size());
    std::vector<float> dweight(channels), dbias(channels);
    forward(s, x.data(), weight, bias, y.data());
    backward(s, dy.data(), x.data(), weight, dx.data(), dweight.data(), dbias.data());
    return {output(y.span(), normal), output(dx.span(), kLargestInverse * (2 + std::sqrt(values)) * normal),
            output(dweight, (4 + 2 * std::sqrt(sums)) * normal), output(dbias, sum_tolerance(sums))};
  };
  compare(fmt::format("group_norm {}x{}, {} groups", s.channels, s.plane, s.groups),
          run(reference::group_norm_forward, reference::group_norm_backward),
          [&] { return run(group_norm_forward, group_norm_backward); });
}

void check_dropout(Draw& draw) {
  DropoutStream stream{.key = {static_cast<uint32_t>(draw.between(0, 255)), 7}};
  stream.block = static_cast<uint32_t>(draw.between(0, 255)) << 24;
  stream.epoch = static_cast<uint32_t>(draw.between(0, 255));
  const auto threshold = dropout_threshold(draw.between(0, 255) / 256.0);
  const auto size = static_cast<size_t>(draw.between(1, 200));
  std::vector<uint16_t> bits(size);
  reference::dropout_bits(stream, threshold, size, bits.data());
  compare(fmt::format("dropout_bits {}", size), {output(bits)}, [&]() -> Outputs {
    dropout_bits(stream, threshold, size, bits.data());
    return {output(bits)};
  });
}

void check_loss(Draw& draw) {
  const int classes = draw.between(1, 40);
  const int lanes = draw.between(1, kLanes);
  const auto labels = draw.labels(classes);
  const auto logits =
      draw.values(static_cast<size_t>(classes) * kLanes, static_cast<float>(draw.between(1, 90)));
  const bool is_weighted = draw.between(0, 1) == 1;
  std::vector<float> weights;
  for (int k = 0; k < classes; ++k) weights.push_back(static_cast<float>(draw.between(0, 16)) / 8);
  const bool weighs_images = draw.between(0, 1) == 1;
  std::vector<float> image_weights;
  for (int lane = 0; lane < kLanes; ++lane)
    image_weights.push_back(static_cast<float>(draw.between(0, 16)) / 8);
  const bool is_mixed = draw.between(0, 1) == 1;
  const auto other_labels = draw.labels(classes);
  const bool is_taught = draw.between(0, 1) == 1;
  const Distillation distillation{nullptr, static_cast<float>(draw.between(4, 16)) / 4,
                                  static_cast<float>(draw.between(0, 8)) / 8};
  const auto teacher = draw.values(logits.size(), static_cast<float>(draw.between(1, 90)));
  AlignedBuffer<float> probabilities(logits.size());
  add_probabilities(teacher.data(), classes, distillation.temperature, 1, probabilities.data());
  LossOptions options{.scale = 0.5F,
                      .label_smoothing = static_cast<float>(draw.between(0, 4)) / 8,
                      .class_weights = is_weighted ? weights.data() : nullptr,
                      .image_weights = weighs_images ? image_weights.data() : nullptr,
                      .other_labels = is_mixed ? other_labels.data() : nullptr,
                      .label_share = is_mixed ? static_cast<float>(draw.between(0, 16)) / 16 : 1};
  if (is_taught) {
    options.distillation = distillation;
    options.distillation->teacher = probabilities.data();
  }
  const auto run = [&](auto cross_entropy) -> Outputs {
    std::vector<uint8_t> predicted(kLanes);
    AlignedBuffer<float> dlogits(logits.size());
    const BlockLoss total = cross_entropy(logits.data(), classes, labels.data(), lanes, options,
                                          predicted.data(), dlogits.data());
    const std::array counts{static_cast<float>(total.correct)};
    const std::array losses{static_cast<float>(total.loss)};
    predicted.resize(static_cast<size_t>(lanes));
    return {output(counts), output(losses, 32 * kEpsilon), output(predicted),
            output(dlogits.span(), (is_taught ? 64 : 8) * kEpsilon)};
  };
  compare(fmt::format("cross_entropy of {} classes, {} lanes", classes, lanes), run(reference::cross_entropy),
          [&] { return run(cross_entropy); });
}

constexpr std::array kChecks = {check_conv_forward,
                                check_conv_input_gradient,
                                check_conv_weight_gradient,
                                check_conv_pairs,
                                check_activation_forward,
                                check_activation_backward,
                                check_dropout,
                                check_loss,
                                check_leaky_relu,
                                check_function,
                                check_pooling,
                                check_group_norm};

}  // namespace
}  // namespace rung::kernels

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rung::kernels::Draw draw(data, size);
  rung::kernels::kChecks[static_cast<size_t>(draw.between(0, rung::kernels::kChecks.size() - 1))](draw);
  ++rung::fuzz::accepted;
  return 0;
}

// Scale, dropout, sum, relu and pooling written as their definitions, one element at a time.
#include <cmath>
#include <vector>

#include "base/require.h"
#include "kernels/activation.h"

namespace rung::kernels::reference {
namespace {

size_t element(const ActivationShape& s, int c, int row, int col) {
  return (static_cast<size_t>(c) * s.height + row) * s.width + col;
}

bool bit_of(const uint16_t* bits, size_t index, int lane) {
  return bits == nullptr || ((bits[index] >> lane) & 1) != 0;
}

// Pools one window of one lane; marks in `bits` the elements through which the gradient passes.
float pool_window(const ActivationShape& s, const std::vector<float>& values, uint16_t* bits, int c, int py,
                  int px, int lane) {
  float sum = 0;
  float best = 0;
  size_t best_at = element(s, c, py * s.pool_h, px * s.pool_w);
  for (int i = 0; i < s.pool_h * s.pool_w; ++i) {
    const size_t at = element(s, c, py * s.pool_h + i / s.pool_w, px * s.pool_w + i % s.pool_w);
    const float value = values[at * kLanes + lane];
    sum += value;
    if (i == 0 || value > best || std::isnan(value)) {
      best = value;
      best_at = at;
    }
  }
  if (s.pooling != Pooling::kMax) return sum / static_cast<float>(s.pool_h * s.pool_w);
  for (int i = 0; bits != nullptr && i < s.pool_h * s.pool_w; ++i) {
    const size_t at = element(s, c, py * s.pool_h + i / s.pool_w, px * s.pool_w + i % s.pool_w);
    if (at != best_at) bits[at] &= static_cast<uint16_t>(~(1U << lane));
  }
  return best;
}

// g of one element of one lane.
float gradient_at(const ActivationShape& s, const ActivationGradient& gradient, int c, int row, int col,
                  int lane) {
  const int py = row / s.pool_h;
  const int px = col / s.pool_w;
  if (py >= s.out_height() || px >= s.out_width()) return 0;
  if (!bit_of(gradient.bits, element(s, c, row, col), lane)) return 0;
  const size_t at = (static_cast<size_t>(c) * s.out_height() + py) * s.out_width() + px;
  const auto area = static_cast<float>(s.pooling == Pooling::kAverage ? s.pool_h * s.pool_w : 1);
  return gradient.dy[at * kLanes + lane] * (gradient.passed / area);
}

void give_to_added(const ActivationGradient& gradient, size_t at, float g) {
  if (gradient.added != nullptr) gradient.added[at] = g + (gradient.accumulates ? gradient.added[at] : 0);
}

template <typename Visit>
void for_each_value(const ActivationShape& s, Visit visit) {
  for (int c = 0; c < s.channels; ++c) {
    for (int row = 0; row < s.height; ++row) {
      for (int col = 0; col < s.width; ++col) {
        for (int lane = 0; lane < kLanes; ++lane) visit(c, row, col, lane);
      }
    }
  }
}

}  // namespace

void activation_forward(const ActivationShape& shape, const ActivationInput& input, uint16_t* bits,
                        float* y) {
  RUNG_REQUIRE(!shape.function);
  std::vector<float> values(shape.elements() * kLanes);
  for_each_value(shape, [&](int c, int row, int col, int lane) {
    const size_t at = element(shape, c, row, col);
    float value = std::fma(input.x[at * kLanes + lane], input.scale[c], input.shift[c]);
    if (!bit_of(bits, at, lane)) value = 0;
    if (input.added != nullptr) value += input.added[at * kLanes + lane];
    if (shape.relu && value <= 0) {
      value = 0;
      if (bits != nullptr) bits[at] &= static_cast<uint16_t>(~(1U << lane));
    }
    values[at * kLanes + lane] = value;
  });
  for (int c = 0; c < shape.channels; ++c) {
    for (int py = 0; py < shape.out_height(); ++py) {
      for (int px = 0; px < shape.out_width(); ++px) {
        for (int lane = 0; lane < kLanes; ++lane) *y++ = pool_window(shape, values, bits, c, py, px, lane);
      }
    }
  }
}

void activation_backward_sums(const ActivationShape& shape, const ActivationInput& input,
                              const ActivationGradient& gradient, const float* mean, float* sums) {
  RUNG_REQUIRE(!shape.function);
  std::vector<double> exact(2 * static_cast<size_t>(shape.channels));
  for_each_value(shape, [&](int c, int row, int col, int lane) {
    const float g = gradient_at(shape, gradient, c, row, col, lane);
    const size_t at = element(shape, c, row, col) * kLanes + static_cast<size_t>(lane);
    const size_t channel = 2 * static_cast<size_t>(c);
    exact[channel] += g;
    exact[channel + 1] += double{g} * (input.x[at] - mean[c]);
    give_to_added(gradient, at, g);
  });
  for (size_t i = 0; i < exact.size(); ++i) sums[i] = static_cast<float>(exact[i]);
}

void activation_backward(const ActivationShape& shape, const ActivationInput& input,
                         const ActivationGradient& gradient, const NormGradient* norm, int lanes,
                         View<float> dx) {
  RUNG_REQUIRE(!shape.function);
  for_each_value(shape, [&](int c, int row, int col, int lane) {
    const size_t at = element(shape, c, row, col) * kLanes + static_cast<size_t>(lane);
    float value = gradient_at(shape, gradient, c, row, col, lane);
    if (norm != nullptr) {
      const float centred = input.x[at] - norm->mean[c];
      value = std::fma(value, norm->gradient[c], std::fma(centred, norm->value[c], norm->constant[c]));
      if (shape.rectified && input.x[at] <= 0) value = 0;
    } else {
      give_to_added(gradient, at, value);
    }
    dx.at(c, row, col)[lane] = lane < lanes ? value : 0;
  });
}

}  // namespace rung::kernels::reference

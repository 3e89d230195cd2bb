// Windows of 2 x 2 are vectorised; others, of which there are few in a plane, are plain loops.
#include "kernels/pooling_image.h"

#include <cmath>

#include "base/require.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pooling_image.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/maximum-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// The values of a window in row order; the sum begins with zero, as activation.h's.
template <bool kMax>
HWY_INLINE V pooled(V first, V second, V third, V fourth) {
  const D d;
  if constexpr (kMax) return maximum(maximum(maximum(first, second), third), fourth);
  const V sum = hn::Add(hn::Add(hn::Add(hn::Add(hn::Zero(d), first), second), third), fourth);
  return hn::Mul(sum, hn::Set(d, 1.0F / 4));
}

template <bool kMax>
void pool_pairs(const Planes& input, const float* x, const Planes& output, float* y) {
  const D d;
  for (int c = 0; c < output.channels; ++c) {
    for (int row = 0; row < output.height; ++row) {
      const float* upper = x + input.at(c, 2 * row, 0);
      const float* lower = upper + input.row;
      float* to = y + output.at(c, row, 0);
      for (size_t at = 0; at < static_cast<size_t>(output.width); at += kVector) {
        V first;
        V second;
        V third;
        V fourth;
        hn::LoadInterleaved2(d, upper + 2 * at, first, second);
        hn::LoadInterleaved2(d, lower + 2 * at, third, fourth);
        hn::StoreU(pooled<kMax>(first, second, third, fourth), d, to + at);
      }
    }
  }
}

void pool_2x2(Pooling pooling, const Planes& input, const float* x, const Planes& output, float* y) {
  if (pooling == Pooling::kMax) return pool_pairs<true>(input, x, output, y);
  pool_pairs<false>(input, x, output, y);
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {
namespace {

HWY_EXPORT(pool_2x2);

float larger(float a, float b) {
  return b > a || std::isnan(b) ? b : a;
}

float window_maximum(const float* x, size_t row, int pool_h, int pool_w) {
  float best = *x;
  for (int y = 0; y < pool_h; ++y, x += row) {
    for (int column = 0; column < pool_w; ++column) best = larger(best, x[column]);
  }
  return best;
}

float window_sum(const float* x, size_t row, int pool_h, int pool_w) {
  float sum = 0;
  for (int y = 0; y < pool_h; ++y, x += row) {
    for (int column = 0; column < pool_w; ++column) sum += x[column];
  }
  return sum;
}

}  // namespace

void pool_image(Pooling pooling, int pool_h, int pool_w, const Planes& input, const float* x,
                const Planes& output, float* y) {
  RUNG_REQUIRE(pooling != Pooling::kNone);
  if (pool_h == 2 && pool_w == 2) return HWY_DYNAMIC_DISPATCH(pool_2x2)(pooling, input, x, output, y);
  const float one_over_area = 1.0F / static_cast<float>(pool_h * pool_w);
  for (int c = 0; c < output.channels; ++c) {
    for (int row = 0; row < output.height; ++row) {
      for (int column = 0; column < output.width; ++column) {
        const float* from = x + input.at(c, row * pool_h, column * pool_w);
        y[output.at(c, row, column)] = pooling == Pooling::kMax
                                           ? window_maximum(from, input.row, pool_h, pool_w)
                                           : window_sum(from, input.row, pool_h, pool_w) * one_over_area;
      }
    }
  }
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

#include "kernels/elementwise.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "kernels/elements-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// The index of channel `c`'s slope: there is one for all channels, or one per channel.
HWY_INLINE size_t slope_index(size_t slopes, size_t c) {
  return slopes == 1 ? 0 : c;
}

void leaky_relu(const ElementwiseShape& shape, const float* x, std::span<const float> slope, float* y) {
  const D d;
  const size_t channel_floats = shape.plane * kLanes;
  for (size_t c = 0; c < static_cast<size_t>(shape.channels); ++c) {
    const V factor = hn::Set(d, slope[slope_index(slope.size(), c)]);
    for (size_t at = c * channel_floats; at < (c + 1) * channel_floats; at += kVector) {
      const V value = hn::LoadU(d, x + at);
      hn::StoreU(hn::IfThenElse(hn::Gt(value, hn::Zero(d)), value, hn::Mul(value, factor)), d, y + at);
    }
  }
}

template <bool kInput>
void leaky_relu_gradient_of(const ElementwiseShape& shape, const float* dy, const float* x,
                            std::span<const float> slope, float* dx, std::span<float> dslope) {
  const D d;
  std::fill(dslope.begin(), dslope.end(), 0.0F);
  const size_t channel_floats = shape.plane * kLanes;
  for (size_t c = 0; c < static_cast<size_t>(shape.channels); ++c) {
    const V factor = hn::Set(d, slope[slope_index(slope.size(), c)]);
    V sums[kLanes / kVector];
    for (V& sum : sums) sum = hn::Zero(d);
    for (size_t at = c * channel_floats; at < (c + 1) * channel_floats; at += kLanes) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const V value = hn::LoadU(d, x + at + part);
        const V gradient = hn::LoadU(d, dy + at + part);
        const M positive = hn::Gt(value, hn::Zero(d));
        if constexpr (kInput)
          hn::StoreU(hn::IfThenElse(positive, gradient, hn::Mul(gradient, factor)), d, dx + at + part);
        V& sum = sums[part / kVector];
        sum = hn::IfThenElse(positive, sum, hn::MulAdd(value, gradient, sum));
      }
    }
    if (dslope.empty()) continue;
    alignas(64) float lanes[kLanes];
    for (size_t part = 0; part < kLanes; part += kVector) hn::Store(sums[part / kVector], d, lanes + part);
    dslope[slope_index(dslope.size(), c)] += sum_lanes(lanes);
  }
}

void leaky_relu_gradient(const ElementwiseShape& shape, const float* dy, const float* x,
                         std::span<const float> slope, float* dx, std::span<float> dslope) {
  if (dx != nullptr) return leaky_relu_gradient_of<true>(shape, dy, x, slope, dx, dslope);
  leaky_relu_gradient_of<false>(shape, dy, x, slope, dx, dslope);
}

void sum(size_t elements, const float* a, const float* b, float* y) {
  const D d;
  for (size_t at = 0; at < elements; at += kVector)
    hn::StoreU(hn::Add(hn::LoadU(d, a + at), hn::LoadU(d, b + at)), d, y + at);
}

void sum_of_pairs(size_t elements, const Bf16Pair* a, const Bf16Pair* b, Bf16Pair* y) {
  for (size_t at = 0; at < elements; at += kVector) {
    const Values<Bf16Pair> left = load(a + at);
    const Values<Bf16Pair> right = load(b + at);
    store(values<Bf16Pair>([&](size_t i) HWY_ATTR { return hn::Add(left.of[i], right.of[i]); }), y + at);
  }
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(leaky_relu);
HWY_EXPORT(leaky_relu_gradient);
HWY_EXPORT(sum);
HWY_EXPORT(sum_of_pairs);

size_t ElementwiseShape::floats() const {
  return static_cast<size_t>(channels) * plane * kLanes;
}

void leaky_relu_forward(const ElementwiseShape& shape, const float* x, std::span<const float> slope,
                        float* y) {
  HWY_DYNAMIC_DISPATCH(leaky_relu)(shape, x, slope, y);
}
void leaky_relu_backward(const ElementwiseShape& shape, const float* dy, const float* x,
                         std::span<const float> slope, float* dx, std::span<float> dslope) {
  HWY_DYNAMIC_DISPATCH(leaky_relu_gradient)(shape, dy, x, slope, dx, dslope);
}
void add(size_t elements, const float* a, const float* b, float* y) {
  HWY_DYNAMIC_DISPATCH(sum)(elements, a, b, y);
}
void add(size_t elements, const Bf16Pair* a, const Bf16Pair* b, Bf16Pair* y) {
  HWY_DYNAMIC_DISPATCH(sum_of_pairs)(elements, a, b, y);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

// What activation.cc and activation_gradient.cc share. Included once per Highway target, like vector-inl.h.
#if defined(RUNG_KERNELS_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_ACTIVATION_INL_H
#undef RUNG_KERNELS_ACTIVATION_INL_H
#else
#define RUNG_KERNELS_ACTIVATION_INL_H
#endif

#include "kernels/activation.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {

// Prefetch distance from the current element, in floats; 1 K to 4 K were equally fast.
constexpr size_t kAhead = 2048;

// Calls run.template operator()<side>() with side 1 or 2 for a square window of that side, 0 for any other.
template <typename Run>
void with_window(const ActivationShape& s, Run run) {
  if (s.pool_h == 1 && s.pool_w == 1) return run.template operator()<1>();
  if (s.pool_h == 2 && s.pool_w == 2) return run.template operator()<2>();
  return run.template operator()<0>();
}

// Calls run with true or false as a template argument.
template <typename Run>
void with_bool(bool value, Run run) {
  if (value) return run.template operator()<true>();
  return run.template operator()<false>();
}

// One channel of the input, scaled and shifted, element by element.
struct Scaled {
  Scaled(const ActivationShape& s, const ActivationInput& input, size_t c)
      : x(input.x + c * s.plane() * kLanes),
        scale(hn::Set(D(), input.scale[c])),
        shift(hn::Set(D(), input.shift[c])) {}

  HWY_INLINE V value(size_t index, size_t part) const {
    return hn::MulAdd(hn::Load(D(), x + index * kLanes + part), scale, shift);
  }

  const float* x;
  V scale;
  V shift;
};

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

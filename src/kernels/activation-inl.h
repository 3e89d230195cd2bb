// What activation.cc and activation_gradient.cc share. Included once per Highway target, like vector-inl.h.
#if defined(RUNG_KERNELS_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_ACTIVATION_INL_H
#undef RUNG_KERNELS_ACTIVATION_INL_H
#else
#define RUNG_KERNELS_ACTIVATION_INL_H
#endif

#include "kernels/activation.h"
#include "kernels/elements-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {

// Prefetch distance from the current element, in words; 1 K to 4 K were equally fast.
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

// Calls visit(c, first) for the channel `c` with which each element begins, and where its plane does in a
// tensor [C][plane][16].
template <typename Element, typename Visit>
void for_each_plane(int channels, size_t plane, Visit visit) {
  size_t first = 0;
  for (size_t c = 0; c < static_cast<size_t>(channels); c += kChannelsOf<Element>, first += plane * kLanes)
    visit(c, first);
}

// One channel of the input, or a pair of them, scaled and shifted, element by element.
template <typename Element>
struct Scaled {
  Scaled(const ActivationInputOf<Element>& input, size_t c, size_t first)
      : x(input.x + first),
        scale(values<Element>([&](size_t i) { return hn::Set(D(), input.scale[c + i]); })),
        shift(values<Element>([&](size_t i) { return hn::Set(D(), input.shift[c + i]); })) {}

  HWY_INLINE Values<Element> value(size_t index, size_t part) const {
    const Values<Element> in = load(x + index * kLanes + part);
    return values<Element>([&](size_t i) HWY_ATTR { return hn::MulAdd(in.of[i], scale.of[i], shift.of[i]); });
  }

  const Element* x;
  Values<Element> scale;
  Values<Element> shift;
};

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

// The maximum of the poolings. Included once per Highway target, like vector-inl.h.
#if defined(RUNG_KERNELS_MAXIMUM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_MAXIMUM_INL_H
#undef RUNG_KERNELS_MAXIMUM_INL_H
#else
#define RUNG_KERNELS_MAXIMUM_INL_H
#endif

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {

// The larger of two, a NaN if there is one.
HWY_INLINE V maximum(V a, V b) {
  const V larger = hn::IfThenElse(hn::Gt(b, a), b, a);
  return hn::IfThenElse(hn::IsNaN(b), b, larger);
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

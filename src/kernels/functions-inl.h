// The vector form of every row of functions.h: a value and a slope. Included once per target, inside
// HWY_NAMESPACE's translation units, as vector-inl.h.
#if defined(RUNG_KERNELS_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_FUNCTIONS_INL_H_
#undef RUNG_KERNELS_FUNCTIONS_INL_H_
#else
#define RUNG_KERNELS_FUNCTIONS_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include "kernels/functions.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {

HWY_INLINE V constant(float value) {
  const D d;
  return hn::Set(d, value);
}

// 1 / (1 + exp(-x)), and 0 where exp(-x) overflows: Highway's exp is defined up to 104, but infinite before.
HWY_INLINE V sigmoid(V x) {
  const D d;
  const V one = constant(1.0F);
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Min(hn::Neg(x), constant(104.0F)))));
}

struct Silu {
  static HWY_INLINE V value(V x) { return hn::Mul(x, sigmoid(x)); }
  // s + x s (1 - s) with s = sigmoid(x).
  static HWY_INLINE V slope(V x) {
    const V s = sigmoid(x);
    return hn::MulAdd(hn::Mul(x, s), hn::Sub(constant(1.0F), s), s);
  }
};

// Calls visit(Row()) for the function's row.
template <typename Visit>
HWY_INLINE void visit_function(Function function, Visit visit) {
  switch (function) {
    case Function::kSilu:
      return visit(Silu());
  }
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // RUNG_KERNELS_FUNCTIONS_INL_H_

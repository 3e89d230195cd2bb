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

// x between two bounds. NaN stays NaN.
HWY_INLINE V clamped(V x, float low, float high) {
  return hn::IfThenElse(hn::Gt(x, constant(high)), constant(high),
                        hn::IfThenElse(hn::Lt(x, constant(low)), constant(low), x));
}

// 1 / (1 + exp(-x)), and 0 where exp(-x) overflows: Highway's exp is defined up to 104, but infinite before.
HWY_INLINE V sigmoid(V x) {
  const D d;
  const V one = constant(1.0F);
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Min(hn::Neg(x), constant(104.0F)))));
}

struct Sigmoid {
  static HWY_INLINE V value(V x) { return sigmoid(x); }
  static HWY_INLINE V slope(V x) {
    const V s = sigmoid(x);
    return hn::Mul(s, hn::Sub(constant(1.0F), s));
  }
};

struct Silu {
  static HWY_INLINE V value(V x) { return hn::Mul(x, sigmoid(x)); }
  // s + x s (1 - s) with s = sigmoid(x).
  static HWY_INLINE V slope(V x) {
    const V s = sigmoid(x);
    return hn::MulAdd(hn::Mul(x, s), hn::Sub(constant(1.0F), s), s);
  }
};

struct Tanh {
  static HWY_INLINE V value(V x) { return hn::Tanh(D(), x); }
  static HWY_INLINE V slope(V x) {
    const V t = value(x);
    return hn::NegMulAdd(t, t, constant(1.0F));
  }
};

struct Relu6 {
  static HWY_INLINE V value(V x) { return clamped(x, 0, 6); }
  static HWY_INLINE V slope(V x) {
    const D d;
    return hn::IfThenElseZero(hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, constant(6))), constant(1));
  }
};

struct Hardswish {
  static HWY_INLINE V value(V x) {
    return hn::Mul(x, hn::Mul(clamped(hn::Add(x, constant(3)), 0, 6), constant(1.0F / 6)));
  }
  static HWY_INLINE V slope(V x) {
    const V middle = hn::MulAdd(x, constant(1.0F / 3), constant(0.5F));
    const V upper = hn::IfThenElse(hn::Ge(x, constant(3)), constant(1), middle);
    return hn::IfThenElse(hn::Lt(x, constant(-3)), constant(0), upper);
  }
};

// Calls visit(Row()) for the function's row.
template <typename Visit>
HWY_INLINE void visit_function(Function function, Visit visit) {
  switch (function) {
    case Function::kSilu:
      return visit(Silu());
    case Function::kRelu6:
      return visit(Relu6());
    case Function::kHardswish:
      return visit(Hardswish());
    case Function::kSigmoid:
      return visit(Sigmoid());
    case Function::kTanh:
      return visit(Tanh());
  }
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // RUNG_KERNELS_FUNCTIONS_INL_H_

// The vector form of every row of functions.h: a value and a slope. Included once per target, inside
// HWY_NAMESPACE's translation units, as vector-inl.h.
#if defined(RUNG_KERNELS_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_FUNCTIONS_INL_H_
#undef RUNG_KERNELS_FUNCTIONS_INL_H_
#else
#define RUNG_KERNELS_FUNCTIONS_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include <iterator>

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

// exp(x) of x <= 0, and 0 where that is below the least normal number. x = n log 2 + r, and exp(r) is
// 1 + r + r^2 P(r), where the least largest relative error of such a P is 1.0e-7; 2^n comes from the bits of
// n in a sum whose last digit is worth 1.
HWY_INLINE V exp_of_negative(V x) {
  constexpr float kFit[] = {0.00831252F, 0.04189016F, 0.16667114F, 0.4999923F, 1, 1};
  constexpr float kOnes = 12582912;  // 1.5 * 2^23
  constexpr float kLeast = -87.33654F;
  const hn::RebindToSigned<D> integers;
  const D d;
  const V sum = hn::MulAdd(hn::Max(x, constant(kLeast)), constant(1.44269504F), constant(kOnes));
  const V r = hn::NegMulAdd(hn::Sub(sum, constant(kOnes)), constant(0.69314718F), x);
  V fit = constant(kFit[0]);
  for (size_t i = 1; i < std::size(kFit); ++i) fit = hn::MulAdd(fit, r, constant(kFit[i]));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(integers, sum));
  const V result = hn::BitCast(d, hn::Add(hn::BitCast(integers, fit), exponent));
  return hn::IfThenElseZero(hn::Ge(x, constant(kLeast)), result);
}

// 1 / x of 1 <= x <= 2, without a division, which takes longer than all this. The parabola of least largest
// relative error, 1/99, and two steps of Newton's method, each of which squares the error. 1 and 2 are exact.
HWY_INLINE V inverse_of_one_to_two(V x) {
  V inverse = hn::MulAdd(hn::MulAdd(constant(32.0F / 99), x, constant(-16.0F / 11)), x, constant(70.0F / 33));
  for (int step = 0; step < 2; ++step)
    inverse = hn::MulAdd(inverse, hn::NegMulAdd(x, inverse, constant(1)), inverse);
  return inverse;
}

// 1 / (1 + exp(-x)), with a relative error of 3e-7 for |x| up to 10.
HWY_INLINE V sigmoid(V x) {
  const D d;
  const V e = exp_of_negative(hn::Neg(hn::Abs(x)));
  const V inverse = inverse_of_one_to_two(hn::Add(constant(1), e));
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), inverse, hn::Mul(e, inverse));
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

// x times the normal distribution function.
struct Gelu {
  // 1 - erf(z) = t exp(P(t) - z^2) with t = 2 / (2 + z) for z >= 0. P is fitted at 400 Chebyshev points
  // of z up to 10.5; the relative error is 5e-8.
  static HWY_INLINE V complement(V z) {
    constexpr float kFit[] = {0.14879115F,  -0.70184726F, 1.2061695F,  -0.76198417F, -0.025994685F,
                              -0.02751209F, 0.044362344F, 0.38460636F, 0.99886841F,  -1.2654595F};
    const D d;
    const V t = hn::Div(constant(2), hn::Add(constant(2), z));
    V fit = constant(kFit[0]);
    for (size_t i = 1; i < std::size(kFit); ++i) fit = hn::MulAdd(fit, t, constant(kFit[i]));
    return hn::Mul(t, hn::Exp(d, hn::Max(hn::NegMulAdd(z, z, fit), constant(-104.0F))));
  }
  static HWY_INLINE V distribution(V x) {
    const D d;
    const V half = hn::Mul(constant(0.5F), complement(hn::Mul(hn::Abs(x), constant(0.70710678F))));
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(constant(1), half), half);
  }
  static HWY_INLINE V value(V x) { return hn::Mul(x, distribution(x)); }
  static HWY_INLINE V slope(V x) {
    const D d;
    const V exponent = hn::Max(hn::Mul(hn::Mul(x, x), constant(-0.5F)), constant(-104.0F));
    return hn::MulAdd(x, hn::Mul(hn::Exp(d, exponent), constant(0.39894228F)), distribution(x));
  }
};

// The same with x (1 + tanh(u)) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3).
struct GeluTanh {
  static HWY_INLINE V tanh_of_argument(V x) {
    const V cubic = hn::MulAdd(hn::Mul(hn::Mul(x, x), x), constant(0.044715F), x);
    return hn::Tanh(D(), hn::Mul(cubic, constant(0.79788456F)));
  }
  static HWY_INLINE V value(V x) {
    return hn::Mul(x, hn::MulAdd(tanh_of_argument(x), constant(0.5F), constant(0.5F)));
  }
  static HWY_INLINE V slope(V x) {
    const D d;
    const V t = tanh_of_argument(x);
    const V rest = hn::NegMulAdd(t, t, constant(1));
    const V inner = hn::MulAdd(hn::Mul(x, x), constant(0.10703222F), constant(0.79788456F));
    const V bend = hn::Mul(hn::Mul(hn::Mul(x, constant(0.5F)), rest), inner);
    const V flat = hn::MulAdd(t, constant(0.5F), constant(0.5F));
    return hn::Add(flat, hn::IfThenElse(hn::Eq(rest, hn::Zero(d)), hn::Zero(d), bend));
  }
};

// x tanh(log(1 + e^x)). With e = e^x and n = e (e + 2) that tanh is n / (n + 2), and its slope is
// 4 e (e + 1) / (n + 2)^2. At the bound 40 the square overflows, so there the slope is 0.
struct Mish {
  struct Factor {
    V value;
    V slope;
  };
  static HWY_INLINE Factor tanh_of_softplus(V x) {
    const D d;
    const V two = constant(2);
    const V e = hn::Exp(d, hn::Min(x, constant(40)));
    const V n = hn::Mul(e, hn::Add(e, two));
    const V divisor = hn::Add(n, two);
    const V rise = hn::Mul(hn::Mul(constant(4), e), hn::Add(e, constant(1)));
    return {hn::Div(n, divisor), hn::Div(rise, hn::Mul(divisor, divisor))};
  }
  static HWY_INLINE V value(V x) { return hn::Mul(x, tanh_of_softplus(x).value); }
  static HWY_INLINE V slope(V x) {
    const Factor t = tanh_of_softplus(x);
    return hn::MulAdd(x, t.slope, t.value);
  }
};

// A row's value and slope. NaN stays NaN.
template <typename Row>
HWY_INLINE V value_of(V x) {
  return hn::IfThenElse(hn::IsNaN(x), x, Row::value(x));
}
template <typename Row>
HWY_INLINE V slope_of(V x) {
  return hn::IfThenElse(hn::IsNaN(x), x, Row::slope(x));
}

// Calls visit(Row()) for the function's row.
template <typename Visit>
HWY_INLINE void visit_function(Function function, Visit visit) {
  switch (function) {
    case Function::kSilu:
      return visit(Silu());
    case Function::kGelu:
      return visit(Gelu());
    case Function::kGeluTanh:
      return visit(GeluTanh());
    case Function::kMish:
      return visit(Mish());
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

// Functions built from operations that IEEE 754 rounds exactly. Another system's libm may round differently,
// and Rung promises the bits of training.
#pragma once

#include <cstdint>

namespace rung {

// base^exponent by repeated squaring. Precondition: exponent >= 0.
double power(double base, int64_t exponent);

// cos(pi * half_turns), to about 1e-16. Precondition: half_turns is finite.
double cosine_of_half_turns(double half_turns);

// Accurate to about one unit in the last place, or 1e-26 if that is more. Precondition: |radians| < 10^5.
double sine(double radians);
double cosine(double radians);
double tangent(double radians);

// e^x, to a relative error of about 1e-16 * (1 + |x|). Precondition: |x| <= 700.
double exponential(double x);

// The natural logarithm, to about 1e-16 * (1 + |ln x|). Precondition: x > 0, neither infinite nor subnormal.
double logarithm(double x);

}  // namespace rung

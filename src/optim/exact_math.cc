#include "optim/exact_math.h"

#include <cmath>
#include <numbers>

namespace rung::optim {

double power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result *= base;
    base *= base;
  }
  return result;
}

// Reduced to [0, 1/2], where the Taylor series' 12 terms leave less than 1e-17; fmod is exact.
double cosine_of_half_turns(double half_turns) {
  constexpr int kTerms = 12;
  double reduced = std::fmod(std::abs(half_turns), 2.0);
  if (reduced > 1) reduced = 2 - reduced;
  if (reduced > 0.5) return -cosine_of_half_turns(1 - reduced);
  const double angle = std::numbers::pi * reduced;
  double term = 1;
  double sum = 1;
  for (int n = 1; n < kTerms; ++n) {
    term *= -angle * angle / ((2 * n - 1) * (2 * n));
    sum += term;
  }
  return sum;
}

}  // namespace rung::optim

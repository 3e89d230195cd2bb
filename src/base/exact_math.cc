#include "base/exact_math.h"

#include <cmath>
#include <numbers>

#include "base/require.h"

namespace rung {
namespace {

// An angle as quadrant * pi/2 + angle + rest, with |angle| <= pi/4 and `rest` its rounding error.
struct Reduced {
  int64_t quadrant;
  double angle;
  double rest;
};

// Subtracts multiples of pi/2 in two parts (Cody and Waite): a multiple of the first, which has 33 bits, is
// exact.
Reduced reduce(double radians) {
  RUNG_REQUIRE(std::abs(radians) < 1e5);
  constexpr double kFirst = 0x1.921fb544p+0;
  constexpr double kSecond = 0x1.0b4611a626331p-34;
  const double quadrants = std::nearbyint(radians / (std::numbers::pi / 2));
  const double left = radians - quadrants * kFirst;
  const double taken = quadrants * kSecond;
  const double angle = left - taken;
  return {static_cast<int64_t>(quadrants), angle, (left - angle) - taken};
}

// 1/n! - z/(n+2)! + z^2/(n+4)! - ..., ten terms: of the series of sine (n = 3) and cosine (n = 4).
double alternating_series(double z, int n) {
  constexpr int kTerms = 10;
  double sum = 0;
  for (int at = n + 2 * kTerms - 2; at >= n; at -= 2) sum = 1 - z * (1.0 / ((at + 1) * (at + 2))) * sum;
  for (int factor = 2; factor <= n; ++factor) sum /= factor;
  return sum;
}

// A value and its rounding error.
struct Rounded {
  double value;
  double rest;
};

// Precondition: |large| >= |small|.
Rounded add(double large, double small) {
  RUNG_REQUIRE(std::abs(large) >= std::abs(small));
  const double sum = large + small;
  return {sum, small - (sum - large)};
}

// sin(quadrant * pi/2 + angle + rest); `rest` is so small that its first power suffices.
Rounded sine_of(int64_t quadrant, const Reduced& reduced) {
  const double r = reduced.angle;
  const double z = r * r;
  Rounded sum{};
  if (quadrant % 2 == 0) {
    sum = add(r, reduced.rest - r * z * alternating_series(z, 3));
  } else {
    const Rounded first = add(1, -z / 2);
    sum = add(first.value, first.rest + (z * z * alternating_series(z, 4) - r * reduced.rest));
  }
  return (quadrant & 2) == 0 ? sum : Rounded{-sum.value, -sum.rest};
}

}  // namespace

double power(double base, int64_t exponent) {
  RUNG_REQUIRE(exponent >= 0);
  double result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result *= base;
    base *= base;
  }
  return result;
}

// Reduced to [0, 1/2], where the Taylor series' 12 terms leave less than 1e-17; fmod is exact.
double cosine_of_half_turns(double half_turns) {
  RUNG_REQUIRE(std::isfinite(half_turns));
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

double sine(double radians) {
  const Reduced reduced = reduce(radians);
  return sine_of(reduced.quadrant, reduced).value;
}

double cosine(double radians) {
  const Reduced reduced = reduce(radians);
  return sine_of(reduced.quadrant + 1, reduced).value;
}

double tangent(double radians) {
  const Reduced reduced = reduce(radians);
  const Rounded sine = sine_of(reduced.quadrant, reduced);
  const Rounded cosine = sine_of(reduced.quadrant + 1, reduced);
  const double quotient = sine.value / cosine.value;
  const double left = std::fma(-quotient, cosine.value, sine.value);
  return quotient + (left + sine.rest - quotient * cosine.rest) / cosine.value;
}

// 2^k * e^r with |r| <= ln(2) / 2, where the Taylor series' 15 terms leave less than 1e-18; ldexp is exact.
double exponential(double x) {
  RUNG_REQUIRE(std::abs(x) <= 700);
  constexpr int kTerms = 15;
  const double k = std::nearbyint(x / std::numbers::ln2);
  const double r = x - k * std::numbers::ln2;
  double term = 1;
  double sum = 1;
  for (int n = 1; n < kTerms; ++n) {
    term *= r / n;
    sum += term;
  }
  return std::ldexp(sum, static_cast<int>(k));
}

// x = 2^k * m with m from sqrt(1/2) to sqrt(2), and ln m = 2 atanh(s) with s = (m - 1) / (m + 1) below 0.172,
// where the series' 12 terms leave less than 1e-19; frexp is exact.
double logarithm(double x) {
  RUNG_REQUIRE(x > 0 && std::isnormal(x));
  constexpr int kTerms = 12;
  int k = 0;
  double m = std::frexp(x, &k);
  if (m < std::numbers::sqrt2 / 2) {
    m *= 2;
    --k;
  }
  const double s = (m - 1) / (m + 1);
  double odd_power = s;
  double sum = 0;
  for (int n = 0; n < kTerms; ++n) {
    sum += odd_power / (2 * n + 1);
    odd_power *= s * s;
  }
  return k * std::numbers::ln2 + 2 * sum;
}

}  // namespace rung

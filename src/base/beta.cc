#include "base/beta.h"

#include <algorithm>
#include <cmath>

#include "base/exact_math.h"
#include "base/require.h"

namespace rung {
namespace {

// Uniform in (0, 1).
double open_uniform(RandomStream& random) {
  return (static_cast<double>(random.next()) + 0.5) * 0x1p-32;
}

// Box and Muller, "A note on the generation of random normal deviates", 1958; one of their two numbers.
double normal(RandomStream& random) {
  const double radius = std::sqrt(-2 * logarithm(open_uniform(random)));
  return radius * cosine_of_half_turns(2 * open_uniform(random));
}

// The logarithm of a draw from Gamma(alpha, 1), alpha >= 1: Marsaglia and Tsang, "A simple method for
// generating gamma variables", ACM TOMS 26 (2000).
double log_gamma_from_one(double alpha, RandomStream& random) {
  const double d = alpha - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(random);
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double log_v = 3 * logarithm(root);
    if (logarithm(open_uniform(random)) < 0.5 * x * x + d - d * v + d * log_v) return logarithm(d) + log_v;
  }
}

// Below 1 as their section 6 says: Gamma(alpha + 1) * U^(1/alpha), which is too small for a double at times.
double log_gamma(double alpha, RandomStream& random) {
  if (alpha >= 1) return log_gamma_from_one(alpha, random);
  const double log_power = logarithm(open_uniform(random)) / alpha;
  return log_gamma_from_one(alpha + 1, random) + log_power;
}

}  // namespace

// a / (a + b) of two draws from Gamma(alpha, 1).
double draw_beta(double alpha, RandomStream& random) {
  RUNG_REQUIRE(0.01 <= alpha && alpha <= 1000);
  constexpr double kLargestExponent = 690;
  const double log_a = log_gamma(alpha, random);
  const double log_b = log_gamma(alpha, random);
  return 1 / (1 + exponential(std::clamp(log_b - log_a, -kLargestExponent, kLargestExponent)));
}

}  // namespace rung

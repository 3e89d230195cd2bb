#include "search/claims.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace rung::search {
namespace {

constexpr double kStep = 0.95;  // of the cost of the one before, at most
constexpr double kSpare = 1.5;  // half-widths

// By how much the test images differ from the held-out ones, and what is to spare beyond the target.
struct Calibration {
  double difference = 0;
  double spare = 0;
};

Calibration calibration(std::span<const Candidate> candidates, std::span<const Claim> claims,
                        const Expected& expected, double margin) {
  Calibration found{.difference = 0, .spare = margin};
  double count = 0;
  for (const Claim& claim : claims) {
    if (!claim.accuracy.mean95) continue;  // its runs diverged
    found.difference += claim.accuracy.mean - expected(candidates[claim.candidate]);
    found.spare = kSpare * (claim.accuracy.mean - claim.accuracy.mean95->low);
    ++count;
  }
  found.difference /= std::max(1.0, count);
  return found;
}

}  // namespace

std::optional<size_t> next_to_claim(std::span<const Candidate> candidates, std::span<const Claim> claims,
                                    const Expected& expected, double target, double margin) {
  double least = 0, most = std::numeric_limits<double>::infinity();
  size_t failures = 0;
  for (const Claim& claim : claims) {
    const double cost = candidates[claim.candidate].cost;
    if (claim.holds) {
      most = std::min(most, kStep * cost);
    } else {
      least = std::max(least, cost / kStep);
      ++failures;
    }
  }
  if (failures == kMostFailures) return std::nullopt;
  const auto [difference, spare] = calibration(candidates, claims, expected, margin);
  std::optional<size_t> dearest;
  for (const size_t one : full_front(candidates)) {
    if (candidates[one].cost < least) continue;
    if (candidates[one].cost > most) break;
    if (expected(candidates[one]) + difference >= target + spare) return one;
    dearest = one;
  }
  const bool is_between = failures > 0 && failures < claims.size();
  return is_between ? std::nullopt : dearest;
}

}  // namespace rung::search

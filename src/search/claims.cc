#include "search/claims.h"

#include <vector>

#include "base/require.h"

namespace rung::search {
namespace {

constexpr double kStep = 0.95;  // of the cost of the one before, at most
constexpr double kSpare = 2;    // half-widths

}  // namespace

std::optional<size_t> first_to_claim(std::span<const Candidate> candidates, const Expected& expected,
                                     double accuracy) {
  const std::vector<size_t> front = full_front(candidates);
  for (const size_t one : front)
    if (expected(candidates[one]) >= accuracy) return one;
  return front.empty() ? std::nullopt : std::optional(front.back());
}

std::optional<size_t> next_to_claim(std::span<const Candidate> candidates, std::span<const Claim> claims,
                                    const Expected& expected, double target) {
  RUNG_REQUIRE(!claims.empty() && claims.back().holds);
  double difference = 0;  // of the test images from the held-out ones
  for (const Claim& claim : claims)
    difference +=
        (claim.accuracy.mean - expected(candidates[claim.candidate])) / static_cast<double>(claims.size());
  const Claim& last = claims.back();
  const double safe = target + kSpare * (last.accuracy.mean - last.accuracy.mean95->low);
  std::optional<size_t> next;
  for (const size_t one : full_front(candidates)) {
    if (candidates[one].cost > kStep * candidates[last.candidate].cost) break;
    next = one;
    if (expected(candidates[one]) + difference >= safe) break;
  }
  return next;
}

}  // namespace rung::search

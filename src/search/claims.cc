#include "search/claims.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace rung::search {
namespace {

constexpr double kStep = 0.95;  // of the cost of the one before, at most
// Half-widths of an interval: with the first a claim holds half of the time, with the second mostly.
constexpr double kSpare = 1;
constexpr double kSafeSpare = 1.5;
constexpr size_t kFewestOfALook = 4;  // runs

// By how much the test images differ from the held-out ones, and half of the width of a claim's interval.
struct Calibration {
  double difference = 0;
  double half_width = 0;
};

Calibration calibration(std::span<const Candidate> candidates, std::span<const Claim> claims,
                        const Expected& expected, size_t seeds) {
  Calibration found;
  double count = 0;
  for (const Claim& claim : claims) {
    if (!claim.accuracy.sd) continue;  // its runs diverged
    found.difference += claim.accuracy.mean - expected(candidates[claim.candidate]);
    found.half_width = ladder::mean_interval95(0, *claim.accuracy.sd, seeds).high;
    ++count;
  }
  found.difference /= std::max(1.0, count);
  return found;
}

}  // namespace

std::vector<size_t> parts_of_claim(size_t seeds) {
  const size_t first = seeds * 2 / 5;
  if (first < kFewestOfALook) return {seeds};
  return {first, seeds - first};
}

size_t rounds_of(std::span<const size_t> parts, size_t workers) {
  size_t rounds = 0;
  for (const size_t part : parts) rounds += (part + workers - 1) / workers;
  return rounds;
}

Claim judged(std::span<const double> accuracies, int seeds, double target, double step) {
  Claim claim{.accuracy = {}, .seeds = seeds, .share = {}};
  if (!accuracies.empty()) claim.accuracy = ladder::summarise(accuracies);
  if (claim.accuracy.sd) {
    const double of_rounding = step / std::sqrt(12.0);
    claim.accuracy.mean95 = ladder::mean_interval95(
        claim.accuracy.mean, std::max(*claim.accuracy.sd, of_rounding), accuracies.size());
  }
  claim.reached = static_cast<int>(
      std::ranges::count_if(accuracies, [&](double accuracy) { return accuracy >= target; }));
  claim.share = ladder::clopper_pearson95(claim.reached, seeds);
  claim.holds = accuracies.size() == static_cast<size_t>(seeds) && claim.accuracy.mean95 &&
                claim.accuracy.mean95->low >= target;
  return claim;
}

bool is_hopeless(const Claim& first_runs, double target) {
  const ladder::Summary& accuracy = first_runs.accuracy;
  if (accuracy.count < static_cast<size_t>(first_runs.seeds) || !accuracy.mean95) return true;
  return accuracy.mean < target + (accuracy.mean - accuracy.mean95->low) / 4;
}

std::optional<size_t> next_to_claim(std::span<const Candidate> candidates, std::span<const Claim> claims,
                                    const Expected& expected, double target, size_t seeds) {
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
  const auto [difference, half_width] = calibration(candidates, claims, expected, seeds);
  const double spare = (failures < claims.size() ? kSpare : kSafeSpare) * half_width;
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

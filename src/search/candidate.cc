#include "search/candidate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/require.h"

namespace rung::search {
namespace {

double mean(const std::map<uint64_t, Score>& scores, double Score::*value) {
  RUNG_REQUIRE(!scores.empty());
  double sum = 0;
  for (const auto& [seed, score] : scores) sum += score.*value;
  return sum / static_cast<double>(scores.size());
}

// The front of those candidates that pass, by the loss that `loss_of` gives.
template <typename Passes, typename LossOf>
std::vector<size_t> front_among(std::span<const Candidate> candidates, Passes passes, LossOf loss_of) {
  std::vector<size_t> indices;
  std::vector<Point> points;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].diverged || !passes(candidates[i])) continue;
    indices.push_back(i);
    points.push_back({candidates[i].cost, loss_of(candidates[i])});
  }
  std::vector<size_t> front;
  for (const size_t point : front_of(points)) front.push_back(indices[point]);
  return front;
}

}  // namespace

std::string Candidate::name() const {
  return fmt::format("c{:04}", number);
}

std::string Candidate::change() const {
  if (!parent) return "the start";
  std::vector<std::string> texts;
  for (const Mutation& mutation : mutations) texts.push_back(mutation.text);
  return fmt::format("{}", fmt::join(texts, "; "));
}

double Candidate::loss() const {
  return mean(full, &Score::loss);
}

double Candidate::accuracy() const {
  return mean(full, &Score::accuracy);
}

double Candidate::priced(double loss) const {
  return loss * std::pow(seconds, kPriceOfTime);
}

std::vector<size_t> front_of(std::span<const Point> points) {
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    return points[a].cost != points[b].cost ? points[a].cost < points[b].cost
                                            : points[a].loss < points[b].loss;
  });
  std::vector<size_t> front;
  double least = std::numeric_limits<double>::infinity();
  for (const size_t point : order) {
    if (!(points[point].loss < least)) continue;
    least = points[point].loss;
    front.push_back(point);
  }
  return front;
}

std::vector<size_t> full_front(std::span<const Candidate> candidates) {
  return front_among(
      candidates, [](const Candidate& one) { return !one.full.empty(); },
      [](const Candidate& one) { return one.loss(); });
}

std::vector<size_t> priced_front(std::span<const Candidate> candidates, Rung rung) {
  return front_among(
      candidates, [&](const Candidate& one) { return (one.*rung).has_value(); },
      [&](const Candidate& one) { return one.priced((one.*rung)->loss); });
}

std::vector<size_t> priced_full_front(std::span<const Candidate> candidates) {
  return front_among(
      candidates, [](const Candidate& one) { return !one.full.empty(); },
      [](const Candidate& one) { return one.priced(one.loss()); });
}

}  // namespace rung::search

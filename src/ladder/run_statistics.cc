#include "ladder/run_statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/all_finite.h"
#include "base/require.h"

namespace rung::ladder {
namespace {

using boost::math::cdf;
using boost::math::complement;

constexpr double kUpper = 0.975;  // both tails together leave 5 %

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

// The interval around a mean with this standard error, estimated from `count` values.
Interval student_interval(double mean, double standard_error, size_t count) {
  const boost::math::students_t_distribution<> t(static_cast<double>(count - 1));
  const double half = boost::math::quantile(t, kUpper) * standard_error;
  return {mean - half, mean + half};
}

// The ranks of the absolute values, doubled so that the mean ranks of ties are whole, beside the signs.
struct SignedRanks {
  std::vector<size_t> doubled;
  size_t positive_sum = 0;  // doubled, as total
  size_t total = 0;
  double tie_term = 0;  // sum over the ties of t^3 - t
};

SignedRanks signed_ranks(std::span<const double> differences) {
  std::vector<double> values;
  for (const double difference : differences)
    if (difference != 0) values.push_back(difference);
  std::ranges::sort(values, {}, [](double value) { return std::abs(value); });
  SignedRanks ranks;
  for (size_t first = 0, next = 0; first < values.size(); first = next) {
    while (next < values.size() && std::abs(values[next]) == std::abs(values[first])) ++next;
    const size_t rank = first + 1 + next;  // twice the mean of first + 1 .. next
    const auto ties = static_cast<double>(next - first);
    ranks.tie_term += ties * ties * ties - ties;
    for (size_t i = first; i < next; ++i) {
      ranks.doubled.push_back(rank);
      ranks.total += rank;
      if (values[i] > 0) ranks.positive_sum += rank;
    }
  }
  return ranks;
}

// P(sum of the positive ranks <= sum), each sign a fair coin: ways[s] / 2^n of the sign patterns give s.
double exact_lower_tail(const SignedRanks& ranks, size_t sum) {
  std::vector<double> share(ranks.total + 1, 0.0);
  share[0] = 1;
  size_t reached = 0;
  for (const size_t rank : ranks.doubled) {
    reached += rank;
    for (size_t s = reached + 1; s-- > 0;) share[s] = (share[s] + (s >= rank ? share[s - rank] : 0)) / 2;
  }
  return std::accumulate(share.begin(), share.begin() + static_cast<std::ptrdiff_t>(sum) + 1, 0.0);
}

double approximate_lower_tail(const SignedRanks& ranks, size_t sum) {
  const auto n = static_cast<double>(ranks.doubled.size());
  const double mean = n * (n + 1) / 4;
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranks.tie_term / 48;
  const double z = (static_cast<double>(sum) / 2 - mean + 0.5) / std::sqrt(variance);
  return cdf(boost::math::normal_distribution<>(), z);
}

}  // namespace

double quantile(std::span<const double> ascending, double share) {
  RUNG_REQUIRE(!ascending.empty() && 0 <= share && share <= 1);
  const double place = share * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (place - static_cast<double>(below)) * (ascending[above] - ascending[below]);
}

Summary summarise(std::span<const double> values) {
  RUNG_REQUIRE(!values.empty() && all_finite(values));
  std::vector<double> ascending(values.begin(), values.end());
  std::ranges::sort(ascending);
  Summary summary{.count = values.size(),
                  .mean = mean_of(ascending),
                  .sd = {},
                  .mean95 = {},
                  .next95 = {},
                  .min = ascending.front(),
                  .quartile1 = quantile(ascending, 0.25),
                  .median = quantile(ascending, 0.5),
                  .quartile3 = quantile(ascending, 0.75),
                  .max = ascending.back()};
  if (values.size() > 1) {
    summary.sd = standard_deviation(ascending, summary.mean);
    summary.mean95 = mean_interval95(summary.mean, *summary.sd, values.size());
    const double share = 1 / static_cast<double>(values.size());
    summary.next95 = student_interval(summary.mean, *summary.sd * std::sqrt(1 + share), values.size());
  }
  return summary;
}

Interval mean_interval95(double mean, double sd, size_t count) {
  RUNG_REQUIRE(count > 1);
  return student_interval(mean, sd / std::sqrt(static_cast<double>(count)), count);
}

Interval wilson95(int successes, int trials) {
  RUNG_REQUIRE(trials > 0 && 0 <= successes && successes <= trials);
  const double z = boost::math::quantile(boost::math::normal_distribution<>(), kUpper);
  const double n = trials;
  const double p = successes / n;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // At the ends the bounds are exactly 0 and 1, which rounding would miss.
  return {successes == 0 ? 0 : (centre - half) / scale, successes == trials ? 1 : (centre + half) / scale};
}

Interval clopper_pearson95(int successes, int trials) {
  RUNG_REQUIRE(successes >= 0 && successes <= trials && trials > 0);
  using Binomial = boost::math::binomial_distribution<>;
  return {Binomial::find_lower_bound_on_p(trials, successes, 1 - kUpper),
          Binomial::find_upper_bound_on_p(trials, successes, 1 - kUpper)};
}

PairedTest paired_test(std::span<const double> differences) {
  RUNG_REQUIRE(!differences.empty());
  PairedTest test{.differences = summarise(differences)};
  test.wilcoxon_p = wilcoxon_p_value(differences);
  const Summary& summary = test.differences;
  if (!summary.sd || summary.min == summary.max) {
    if (summary.mean != 0) test.t = std::copysign(std::numeric_limits<double>::infinity(), summary.mean);
    if (summary.sd && summary.mean != 0) test.t_p = 0;
    return test;
  }
  test.t = summary.mean / (*summary.sd / std::sqrt(static_cast<double>(summary.count)));
  const boost::math::students_t_distribution<> t(static_cast<double>(summary.count - 1));
  test.t_p = 2 * cdf(complement(t, std::abs(test.t)));
  return test;
}

double wilcoxon_p_value(std::span<const double> differences) {
  const SignedRanks ranks = signed_ranks(differences);
  if (ranks.doubled.empty()) return 1;
  const size_t smaller = std::min(ranks.positive_sum, ranks.total - ranks.positive_sum);
  const double tail = ranks.doubled.size() <= kExactPairs ? exact_lower_tail(ranks, smaller)
                                                          : approximate_lower_tail(ranks, smaller);
  return std::min(1.0, 2 * tail);
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.size());
  double least = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    least = std::max(least, p_values[order[rank]] * static_cast<double>(order.size() - rank));
    adjusted[order[rank]] = std::min(1.0, least);
  }
  return adjusted;
}

}  // namespace rung::ladder

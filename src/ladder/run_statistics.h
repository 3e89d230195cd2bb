// Statistics over runs that differ only in their seed: one sample's summary, a share's interval, paired
// tests. The choice of tests is explained in docs/sweeps.md.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace rung::ladder {

// A p-value below this is called a difference.
inline constexpr double kSignificance = 0.05;

struct Interval {
  double low = 0;
  double high = 0;
};

struct Summary {
  size_t count = 0;
  double mean = 0;
  std::optional<double> sd;        // of the sample (divisor n - 1); none for one value
  std::optional<Interval> mean95;  // Student's t; likewise
  std::optional<Interval> next95;  // where one more value would be, 95 times in 100; likewise
  double min = 0;
  double quartile1 = 0;
  double median = 0;
  double quartile3 = 0;
  double max = 0;
};

// Preconditions: at least one value, all finite.
Summary summarise(std::span<const double> values);

// The 95 % interval of the mean of so many normal values with this deviation. Preconditions: count > 1.
// Source: Student, "The probable error of a mean", Biometrika 1908.
Interval mean_interval95(double mean, double sd, size_t count);

// Linear between the order statistics, R's type 7: 0 <= share <= 1. Preconditions: at least one value,
// ascending. Source: Hyndman and Fan, "Sample quantiles in statistical packages", American Statistician 1996.
double quantile(std::span<const double> ascending, double share);

// The 95 % score interval of a share. Preconditions: 0 <= successes <= trials, and trials > 0. Source:
// Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
Interval wilson95(int successes, int trials);

// The 95 % interval of a share that is never too narrow, whatever the share. Preconditions as wilson95().
// Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
// binomial", Biometrika 1934.
Interval clopper_pearson95(int successes, int trials);

// Differences of pairs: is their mean, or their centre, 0? All p-values are two-sided.
struct PairedTest {
  Summary differences;
  double t = 0;           // Student's; infinite when all differences are the same and not 0
  double t_p = 1;         // 1 for a single pair
  double wilcoxon_p = 1;  // signed ranks
};

// Preconditions: at least one pair. Source: Student, "The probable error of a mean", Biometrika 1908.
PairedTest paired_test(std::span<const double> differences);

// Wilcoxon's signed-rank test: exact up to kExactPairs, over all signs of the observed ranks with mean ranks
// for ties; above, the normal approximation with continuity correction. Differences of 0 are left out.
// Source: Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1945.
double wilcoxon_p_value(std::span<const double> differences);

inline constexpr size_t kExactPairs = 200;

// The p-values adjusted by Holm's procedure for multiple tests, in the same order. Source: Holm, "A simple
// sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 1979.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace rung::ladder

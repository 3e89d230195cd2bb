// Statistics over seeds against published figures and against sums done by hand.
#include "ladder/run_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace rung::ladder {
namespace {

// Extra hours of sleep of ten patients under two drugs: Student 1908, R's data set `sleep`.
const std::vector<double> kFirstDrug = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
const std::vector<double> kSecondDrug = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

// Rounded as the sweep does, so that equal differences are ties.
std::vector<double> differences(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<double> result;
  for (size_t i = 0; i < first.size(); ++i) result.push_back(std::round((first[i] - second[i]) * 1e9) / 1e9);
  return result;
}

// R 4: t.test(extra ~ group, data = sleep, paired = TRUE), as its documentation shows it.
TEST(PairedTest, GivesStudentsOwnExample) {
  const PairedTest test = paired_test(differences(kFirstDrug, kSecondDrug));
  EXPECT_EQ(test.differences.count, 10U);
  EXPECT_NEAR(test.differences.mean, -1.58, 1e-12);
  EXPECT_NEAR(test.t, -4.0621, 5e-5);
  EXPECT_NEAR(test.t_p, 0.002833, 5e-7);
  EXPECT_NEAR(test.differences.mean95->low, -2.4598858, 5e-8);
  EXPECT_NEAR(test.differences.mean95->high, -0.7001142, 5e-8);
}

// Hamilton's depression scale of nine patients before and after: Hollander and Wolfe, "Nonparametric
// statistical methods", 1973, p. 29. R's documentation of wilcox.test: V = 40, p = 0.01953 one-sided.
TEST(Wilcoxon, GivesHollanderAndWolfesExample) {
  const std::vector<double> before = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::vector<double> after = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  EXPECT_NEAR(wilcoxon_p_value(differences(before, after)), 2 * 10.0 / 512, 1e-12);
}

// By hand: the ranks of -1, 1, 2 are 1.5, 1.5, 3, and the 0 is left out. Of the 8 patterns of signs, 3 have
// negative ranks that sum to at most 1.5.
TEST(Wilcoxon, SharesRanksAmongTiesAndLeavesZerosOut) {
  EXPECT_NEAR(wilcoxon_p_value(std::vector<double>{-1, 0, 1, 2}), 2 * 3.0 / 8, 1e-12);
  EXPECT_EQ(wilcoxon_p_value(std::vector<double>{0, 0}), 1);
  EXPECT_EQ(wilcoxon_p_value(std::vector<double>{5}), 1);
}

TEST(Wilcoxon, TheApproximationMeetsTheExactValue) {
  std::vector<double> values(kExactPairs);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = (i % 5 < 2 ? -1.0 : 1.0) * (1.0 + static_cast<double>(i * 7 % 50));
  const double exact = wilcoxon_p_value(values);
  values.push_back(1e-3);  // the smallest rank hardly counts, but there is now one pair too many
  EXPECT_NEAR(wilcoxon_p_value(values), exact, 0.03 * exact);
  EXPECT_GT(exact, 1e-4);
  EXPECT_LT(exact, 0.1);
}

TEST(PairedTest, TheEnds) {
  const PairedTest single = paired_test(std::vector<double>{0.3});
  EXPECT_EQ(single.t_p, 1);
  EXPECT_FALSE(single.differences.sd);
  const PairedTest same = paired_test(std::vector<double>{0, 0, 0});
  EXPECT_EQ(same.t_p, 1);
  EXPECT_EQ(same.t, 0);
  const PairedTest constant = paired_test(std::vector<double>{-0.25, -0.25, -0.25});
  EXPECT_EQ(constant.t_p, 0);
  EXPECT_EQ(constant.t, -INFINITY);
}

// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 1998, table I,
// method 3.
TEST(Wilson, GivesNewcombesExamples) {
  struct Example {
    int successes, trials;
    double low, high;
  };
  for (const Example& example : {Example{81, 263, 0.2553, 0.3662}, Example{15, 148, 0.0624, 0.1605},
                                 Example{0, 20, 0, 0.1611}, Example{1, 29, 0.0061, 0.1718}}) {
    const Interval interval = wilson95(example.successes, example.trials);
    EXPECT_NEAR(interval.low, example.low, 5e-5) << example.successes;
    EXPECT_NEAR(interval.high, example.high, 5e-5) << example.successes;
  }
  EXPECT_EQ(wilson95(0, 20).low, 0);
  EXPECT_EQ(wilson95(20, 20).high, 1);
}

// R's quantile(c(1, 2, 4, 8, 16)), type 7; by hand for the interval: t(0.975, 4) = 2.776445.
TEST(Summary, GivesRsQuartilesAndStudentsInterval) {
  const Summary summary = summarise(std::vector<double>{16, 1, 8, 2, 4});
  EXPECT_EQ(summary.min, 1);
  EXPECT_EQ(summary.quartile1, 2);
  EXPECT_EQ(summary.median, 4);
  EXPECT_EQ(summary.quartile3, 8);
  EXPECT_EQ(summary.max, 16);
  EXPECT_NEAR(*summary.sd, std::sqrt(37.2), 1e-12);
  EXPECT_NEAR(summary.mean95->high - summary.mean, 2.776445 * std::sqrt(37.2 / 5), 1e-5);
  EXPECT_NEAR(quantile(std::vector<double>{1, 2, 4, 8, 16}, 0.9), 12.8, 1e-12);
  EXPECT_EQ(summarise(std::vector<double>{3}).median, 3);
  EXPECT_NEAR(summary.next95->high - summary.mean, 2.776445 * std::sqrt(37.2 * 6 / 5), 1e-5);
  EXPECT_FALSE(summarise(std::vector<double>{3}).next95);
  EXPECT_FALSE(summarise(std::vector<double>{3}).mean95);
}

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") = 0.03 0.06 0.06 0.02
TEST(Holm, AdjustsAsRDoes) {
  const auto adjusted = holm_adjusted(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected = {0.03, 0.06, 0.06, 0.02};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12) << i;
  EXPECT_EQ(holm_adjusted(std::vector<double>{0.9, 0.8})[0], 1);
}

}  // namespace
}  // namespace rung::ladder

// What is claimed, and in which order. The claims' accuracies are chosen; what follows is counted by hand.

#include "search/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rung::search {
namespace {

using ::testing::ElementsAre;

// Candidates with costs of 100, 90 and on and losses of 0.01, 0.02 and on, so expected accuracies of 99, 98
// and on.
class ClaimsTest : public ::testing::Test {
 protected:
  static constexpr size_t kSeeds = 10;

  ClaimsTest() {
    for (size_t i = 0; i < 9; ++i) {
      all_.push_back({.number = i, .parent = {}, .mutations = {}, .recipe = {}});
      all_.back().cost = 100 - 10 * static_cast<double>(i);
      all_.back().full[1] = {.loss = 0.01 + 0.01 * static_cast<double>(i), .accuracy = 0, .seconds = 1};
    }
  }
  static Claim claim(size_t candidate, double mean) {
    Claim claim{.candidate = candidate, .accuracy = {}, .share = {}, .holds = true};
    claim.accuracy.mean = mean;
    claim.accuracy.sd = 0.25 / ladder::mean_interval95(0, 1, kSeeds).high;  // half a point of width
    return claim;
  }
  static Claim failed(size_t candidate, double mean) {
    Claim one = claim(candidate, mean);
    one.holds = false;
    return one;
  }
  std::vector<Candidate> all_;
  Expected expected_ = [](const Candidate& one) { return 100 * (1 - one.loss()); };
};

TEST_F(ClaimsTest, TheFirstIsTheCheapestThatShouldHaveTheTarget) {
  EXPECT_EQ(next_to_claim(all_, {}, expected_, 95.5, kSeeds), 3U);
  EXPECT_EQ(next_to_claim(all_, {}, expected_, 99.5, kSeeds), 0U)
      << "none should: the one with the least loss";
  EXPECT_FALSE(next_to_claim({}, {}, expected_, 96, kSeeds));
}

TEST_F(ClaimsTest, WhatTheTestImagesSaidMovesTheNext) {
  const auto next = [&](const std::vector<Claim>& claims) {
    return next_to_claim(all_, claims, expected_, 95, kSeeds);
  };
  EXPECT_EQ(next({claim(0, 99)}), 3U) << "as expected: 96 is the last above 95.25";
  EXPECT_EQ(next({claim(0, 99.4)}), 4U) << "the test is easier: 95.4";
  EXPECT_EQ(next({claim(0, 95.8)}), 1U) << "none should: the next";
  EXPECT_EQ(next({claim(0, 99.8), claim(4, 95.4)}), 5U) << "on average as much easier: 94.6, but the next";
  EXPECT_FALSE(next({claim(8, 95.3)}));
}

TEST_F(ClaimsTest, OneMayFail) {
  const auto next = [&](const std::vector<Claim>& claims) {
    return next_to_claim(all_, claims, expected_, 95, kSeeds);
  };
  EXPECT_EQ(next({failed(4, 94.3)}), 2U) << "the test is harder, and 3 has 95.3 there, below 95.375";
  EXPECT_EQ(next({failed(2, 93)}), 0U) << "none should: the dearest";
  EXPECT_FALSE(next({failed(0, 93)}));
  EXPECT_EQ(next({claim(0, 99), failed(4, 94.9)}), 3U) << "between: 96 - 0.05";
  EXPECT_EQ(next({claim(1, 98), failed(3, 94.9)}), 2U) << "between, and 97 - 0.55";
  EXPECT_FALSE(next({claim(1, 95.6), failed(3, 93.9)})) << "between, but 97 - 2.25";
  EXPECT_FALSE(next({failed(4, 94.2), failed(2, 94.9)}));
  EXPECT_FALSE(next({failed(4, 94.2), claim(2, 96), failed(3, 94.9)})) << "two failed";
  Claim diverged{.candidate = 4, .accuracy = {}, .share = {}};
  EXPECT_EQ(next({diverged}), 3U) << "nothing is known of the test";
}

constexpr double kStep = 0.01;  // of 10,000 test images

// The sample's variance is 0.02 / 3, and Student's t for three degrees of freedom 3.18245.
TEST(Judged, HoldsIfTheLowerEndOfTheIntervalDoes) {
  const std::vector<double> runs{99.4, 99.5, 99.5, 99.6};
  const double low = 99.5 - 3.18245 * std::sqrt(0.02 / 3) / 2;
  const Claim claim = judged(runs, 4, low - 1e-4, kStep);
  EXPECT_TRUE(claim.holds);
  EXPECT_NEAR(claim.accuracy.mean95->low, low, 1e-5);
  EXPECT_EQ(claim.reached, 4);
  EXPECT_FALSE(judged(runs, 4, low + 1e-4, kStep).holds);
  EXPECT_EQ(judged(runs, 4, 99.5, kStep).reached, 3) << "the target itself is enough";
  EXPECT_FALSE(judged(runs, 5, 99, kStep).holds) << "one diverged";
  EXPECT_EQ(judged(runs, 5, 99, kStep).reached, 4);
  EXPECT_FALSE(judged({}, 2, 99, kStep).holds);
  EXPECT_FALSE(judged(std::vector{99.9}, 1, 99, kStep).holds) << "one run has no interval";
}

// Two runs that both have 19 of 20 images right do not claim 95 %: another image would make 5 points.
TEST(Judged, EqualRunsMakeNoIntervalWithoutWidth) {
  const std::vector<double> runs{95, 95};
  const Claim claim = judged(runs, 2, 95, 5);
  EXPECT_FALSE(claim.holds);
  EXPECT_NEAR(claim.accuracy.mean95->low, 95 - 12.7062 * 5 / std::sqrt(24), 1e-3);
  EXPECT_TRUE(judged(runs, 2, 94.9, 0.01).holds) << "of 10,000 images they are as good as different ones";
}

TEST(Judged, IsHopelessWhereTheMeanIsNotClearlyAboveTheTarget) {
  const std::vector<double> runs{99.4, 99.5, 99.5, 99.6};
  const double quarter = 3.18245 * std::sqrt(0.02 / 3) / 8;
  const auto hopeless = [&](double target, int seeds = 4) {
    return is_hopeless(judged(runs, seeds, target, kStep), target);
  };
  EXPECT_FALSE(hopeless(99.5 - quarter - 1e-4));
  EXPECT_TRUE(hopeless(99.5 - quarter + 1e-4));
  EXPECT_TRUE(hopeless(99, 5)) << "one diverged";
  EXPECT_TRUE(is_hopeless(judged({}, 1, 99, kStep), 99));
}

TEST(PartsOfAClaim, AreTwoFifthsAndTheRest) {
  EXPECT_THAT(parts_of_claim(10), ElementsAre(4, 6));
  EXPECT_THAT(parts_of_claim(9), ElementsAre(9)) << "three runs say little";
  EXPECT_EQ(rounds_of(parts_of_claim(10), 1), 10U);
  EXPECT_EQ(rounds_of(parts_of_claim(10), 2), 5U);
  EXPECT_EQ(rounds_of(parts_of_claim(10), 5), 3U) << "one with four of the five, then two";
  EXPECT_EQ(rounds_of(parts_of_claim(10), 100), 2U);
  EXPECT_EQ(rounds_of(parts_of_claim(2), 4), 1U);
}

}  // namespace
}  // namespace rung::search

// The learning-rate range test: how the curve is made, where it ends, and what it suggests.
#include "train/lr_range.h"

#include <gtest/gtest.h>

#include <cmath>

#include "short_run.h"

namespace rung::train {
namespace {

std::vector<LrPoint> curve_of(const LrRange& range) {
  ThreadPool pool(2);
  return test_lr_range(testing::short_run(), testing::discs(), pool, range);
}

TEST(LrRange, RatesRiseByEqualFactors) {
  const auto curve = curve_of({.min_lr = 1e-4, .max_lr = 1e-2, .batches = 9});  // more than the 4 of an epoch
  ASSERT_EQ(curve.size(), 9U);
  for (size_t i = 0; i < curve.size(); ++i)
    EXPECT_NEAR(curve[i].lr, 1e-4 * std::pow(100.0, static_cast<double>(i) / 8), 1e-9) << i;
  EXPECT_DOUBLE_EQ(curve[0].smoothed, curve[0].loss);
  const double average = (0.98 * 0.02 * curve[0].loss + 0.02 * curve[1].loss) / (1 - 0.98 * 0.98);
  EXPECT_NEAR(curve[1].smoothed, average, 1e-12);
}

// The first step uses the first rate, as in training with that rate.
TEST(LrRange, TrainsWithTheseRates) {
  ThreadPool pool(1);
  Experiment constant = testing::short_run();
  constant.training.lr_scheduler = optim::ConstantLr{};
  std::get<optim::Sgd>(constant.training.optimizer).lr = 0.01;
  std::vector<double> losses;
  Trainer trainer(constant, testing::discs(), pool);
  trainer.train_epoch([&](const Progress& progress) { losses.push_back(progress.loss); });
  const auto curve = curve_of({.min_lr = 0.01, .max_lr = 0.010001, .batches = 4});
  ASSERT_EQ(curve.size(), losses.size());
  EXPECT_EQ(curve[0].loss, losses[0]);
  for (size_t i = 1; i < losses.size(); ++i) EXPECT_NEAR(curve[i].loss, losses[i], 1e-3);
}

TEST(LrRange, EndsWhereTheRateIsTooHigh) {
  const auto curve = curve_of({.min_lr = 1e-3, .max_lr = 1e6, .batches = 100});
  EXPECT_GT(curve.size(), 10U);
  EXPECT_LT(curve.size(), 100U);
}

// A logistic fall whose steepest place is point 40.
std::vector<LrPoint> falling() {
  std::vector<LrPoint> curve;
  for (int i = 0; i < 80; ++i) {
    const double loss = 1 - 1 / (1 + std::exp(-(i - 40) / 4.0));
    curve.push_back({.lr = std::pow(10.0, i / 10.0 - 6), .loss = loss, .smoothed = loss});
  }
  return curve;
}

TEST(LrRange, SuggestsWhereTheLossFallsFastest) {
  auto curve = falling();
  ASSERT_TRUE(suggested(curve));
  EXPECT_EQ(suggested(curve)->lr, curve[40].lr);
  curve[9].smoothed = 100;  // the average's first points are noise
  curve[79].smoothed = -100;
  EXPECT_EQ(suggested(curve)->lr, curve[40].lr);
}

// As PyTorch Lightning's suggestion() with its skip_begin = 10 and skip_end = 1: these points do not count,
// and the first and the last that do have the slope to their one neighbour.
TEST(LrRange, LeavesOutTheFirstTenPointsAndTheLast) {
  const auto flat_but = [](size_t size, size_t first_low) {
    std::vector<LrPoint> curve;
    for (size_t i = 0; i < size; ++i) curve.push_back({static_cast<double>(i), 1, i < first_low ? 1.0 : 0.5});
    return curve;
  };
  const auto lr = [](const std::vector<LrPoint>& curve) {
    const auto point = suggested(curve);
    return point ? point->lr : -1;
  };
  EXPECT_EQ(lr(flat_but(20, 10)), -1) << "the fall is from the tenth point to the first that counts";
  EXPECT_EQ(lr(flat_but(20, 11)), 10);
  EXPECT_EQ(lr(flat_but(20, 15)), 14);
  EXPECT_EQ(lr(flat_but(20, 18)), 18);
  EXPECT_EQ(lr(flat_but(20, 19)), -1) << "only the last point is lower";
  EXPECT_EQ(lr(flat_but(kShortestCurve, 11)), 10);
  EXPECT_EQ(lr(flat_but(kShortestCurve - 1, 11)), -1);
}

TEST(LrRange, SuggestsNothingFromWhatNeverFallsOrIsShort) {
  const auto curve = falling();
  EXPECT_TRUE(suggested(std::span(curve).first(kShortestCurve)));
  EXPECT_FALSE(suggested(std::span(curve).first(kShortestCurve - 1)));
  auto rising = falling();
  for (LrPoint& point : rising) point.smoothed = -point.smoothed;
  EXPECT_FALSE(suggested(rising));
  EXPECT_FALSE(suggested({}));
}

}  // namespace
}  // namespace rung::train

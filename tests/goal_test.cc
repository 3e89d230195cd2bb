// What a ladder says at its end, and how long it says that it will take.
#include "ladder/goal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ladder/forecast.h"
#include "short_run.h"

namespace rung::ladder {
namespace {

using recipe::Comparison;
using recipe::Metric;

TargetResult target(Metric metric, double bound, double value, std::optional<bool> met, const char* text) {
  return {{text, metric, Comparison::kAtLeast, bound}, bound, value, met};
}

Outcome step(std::vector<TargetResult> targets) {
  Outcome outcome;
  outcome.recipe.name = "step6";
  outcome.targets = std::move(targets);
  return outcome;
}

TEST(Goal, IsMetOrMissedByHowMuch) {
  const TargetResult small = target(Metric::kParams, 7758, 7602, true, "no more parameters than step 5");
  const TargetResult good = target(Metric::kFinalTestAccuracy, 99.4, 99.53, true, "at least 99.4 %");
  const TargetResult bad = target(Metric::kFinalTestAccuracy, 99.4, 99.31, false, "at least 99.4 %");
  EXPECT_EQ(goal_sentence(step({small, good})),
            "The goal is met by step6: no more parameters than step 5 (7,602); at least 99.4 % (99.53 %).");
  EXPECT_EQ(goal_sentence(step({small, bad})),
            "The goal is not met by step6: at least 99.4 %: 99.31 %, missed by 0.09 points.");
  EXPECT_EQ(miss_text(target(Metric::kParams, 10'000, 12'345, false, "")), "2,345");
  EXPECT_EQ(miss_text(target(Metric::kTrainSeconds, 10, 12.34, false, "")), "2.3 s");
}

TEST(Goal, IsNotSpokenOfWhereNoTargetCanBeJudged) {
  TargetResult relative = target(Metric::kParams, 0, 7602, std::nullopt, "fewer than before");
  relative.bound.reset();
  EXPECT_EQ(goal_sentence(step({})), "");
  EXPECT_EQ(goal_sentence(step({relative})), "");
}

TEST(Goal, AStepIsBetterOrWorseOnlyIfThatIsSignificant) {
  EXPECT_EQ(verdict_of({.only_first = 10, .only_second = 40, .p_value = 1e-5}), "significantly better");
  EXPECT_EQ(verdict_of({.only_first = 40, .only_second = 10, .p_value = 1e-5}), "significantly worse");
  EXPECT_EQ(verdict_of({.only_first = 10, .only_second = 12, .p_value = 0.8}), "no significant difference");
}

// Three runs of one epoch: their training is all their work.
Forecast forecast_of_three() {
  return Forecast(
      {{.training = 100, .epochs = 1}, {.training = 100, .epochs = 1}, {.training = 200, .epochs = 1}});
}

TEST(Forecast, TellsWhatIsLeftFromTheSpeedSoFar) {
  Forecast forecast = forecast_of_three();
  EXPECT_EQ(forecast.seconds_left(), std::nullopt);
  forecast.note(0, 0, 0.01, 5);  // the first batch, after five seconds for something else
  EXPECT_EQ(forecast.seconds_left(), std::nullopt);
  forecast.note(0, 0, 0.02, 5.5);
  EXPECT_EQ(forecast.seconds_left(), std::nullopt) << "half a second says little";
  forecast.note(0, 0, 0.11, 7);
  EXPECT_NEAR(*forecast.seconds_left(), 389 * 0.2, 1e-9);
  forecast.note(2, 0, 0.5, 65);  // the second step is done
  EXPECT_NEAR(*forecast.seconds_left(), 100 * 60.0 / 299, 1e-9);
}

// A ladder that is resumed begins with its third step.
TEST(Forecast, WhatWasDoneBeforeSaysNothingAboutTheSpeed) {
  Forecast forecast = forecast_of_three();
  forecast.note(2, 0, 0.25, 0);
  forecast.note(2, 0, 0.5, 10);
  EXPECT_NEAR(*forecast.seconds_left(), 20, 1e-9);
}

TEST(Forecast, WorkGrowsWithEpochsImagesAndSize) {
  recipe::Recipe recipe;
  const train::Experiment run = rung::testing::short_run();
  recipe.model = run.model;
  recipe.dataset = run.dataset;
  recipe.training.epochs = 2;
  const data::Dataset& data = rung::testing::discs();
  const RunWork two = work_of(recipe, data);
  recipe.training.epochs = 4;
  const RunWork four = work_of(recipe, data);
  EXPECT_EQ(two.training, four.training);
  EXPECT_DOUBLE_EQ(four.all() - two.all(), 2 * (two.training + two.evaluation));
  EXPECT_GT(four.end, 0) << "the training images are evaluated once";
  data::Dataset more = data;
  more.train.count *= 2;
  EXPECT_DOUBLE_EQ(work_of(recipe, more).training, 2 * four.training);
  EXPECT_EQ(work_of(recipe, more).evaluation, four.evaluation);
}

TEST(Forecast, AnEpochsEvaluationIsNotDoneWhileItTrains) {
  const RunWork work{.training = 60, .evaluation = 20, .end = 10, .epochs = 3};
  EXPECT_EQ(work.all(), 250);
  EXPECT_EQ(work.done(0, 0.5), 30);
  EXPECT_EQ(work.done(2, 1), 220);
}

}  // namespace
}  // namespace rung::ladder

// Remarks about lengths of a learning-rate schedule that do not fit the training.
#include "optim/schedule_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "every_training.h"
#include "optim/lr_schedule.h"

namespace rung::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> remarks(const LrScheduler& schedule, std::optional<LrWarmup> warmup = std::nullopt,
                                 std::optional<int64_t> batches_per_epoch = 10) {
  Training training{.epochs = 4, .optimizer = {}, .lr_scheduler = schedule};
  training.lr_warmup = warmup;
  return schedule_remarks(training, batches_per_epoch);
}

TEST(ScheduleFit, WhatFitsIsNotRemarked) {
  for (const LrScheduler& schedule : rung::testing::every_lr_scheduler())
    EXPECT_THAT(remarks(schedule), IsEmpty());
  EXPECT_THAT(remarks(CosineAnnealingLr{}), IsEmpty());
  EXPECT_THAT(remarks(CosineAnnealingLr{4}), IsEmpty());
  EXPECT_THAT(remarks(CosineAnnealingWarmRestarts{.t_0 = 2}), IsEmpty());
  EXPECT_THAT(remarks(CosineAnnealingWarmRestarts{.t_0 = 1, .t_mult = 3}), IsEmpty());
  EXPECT_THAT(remarks(OneCycleLr{.max_lr = 1}), IsEmpty());
  EXPECT_THAT(remarks(CyclicLr{.step_size_up = 39}), IsEmpty());
  EXPECT_THAT(remarks(ConstantLr{}, LrWarmup{.total_iters = 39}), IsEmpty());
  EXPECT_THAT(remarks(ConstantLr{}, LrWarmup{.epochs = 3.9}), IsEmpty());
}

TEST(ScheduleFit, WhatDoesNotFitIsNamed) {
  EXPECT_THAT(remarks(StepLr{4}),
              ElementsAre("step_lr never steps: step_size is 4, and the training has 4 epochs"));
  EXPECT_THAT(remarks(MultiStepLr{{1, 4}}),
              ElementsAre("multi_step_lr does not reach its milestone 4: the training has 4 epochs"));
  EXPECT_THAT(
      remarks(CosineAnnealingLr{16}),
      ElementsAre("cosine_annealing_lr does not get down to eta_min: t_max is 16, and the training has "
                  "4 epochs; leave t_max out to follow the training"));
  EXPECT_THAT(remarks(CosineAnnealingLr{2}),
              ElementsAre("cosine_annealing_lr rises again after epoch 2: t_max is 2, and the training has 4 "
                          "epochs; leave t_max out to follow the training"));
  EXPECT_THAT(
      remarks(CosineAnnealingWarmRestarts{.t_0 = 3}),
      ElementsAre("cosine_annealing_warm_restarts ends within a cycle: after 4 epochs, 1 of its 3 epochs "
                  "is done"));
  EXPECT_THAT(remarks(CyclicLr{.step_size_up = 40}),
              ElementsAre("cyclic_lr never gets up to max_lr: step_size_up is 40, and the training has 40 "
                          "batches"));
  EXPECT_THAT(remarks(ConstantLr{}, LrWarmup{.total_iters = 40}),
              ElementsAre("lr_warmup does not end: total_iters is 40, and the training has 40 batches"));
  EXPECT_THAT(remarks(StepLr{9}, LrWarmup{.epochs = 4}),
              ElementsAre("step_lr never steps: step_size is 9, and the training has 4 epochs",
                          "lr_warmup does not end: it takes 4 epochs, and the training has 4 epochs"));
}

TEST(ScheduleFit, BatchesAreNotJudgedWhereTheirNumberIsNotKnown) {
  EXPECT_THAT(remarks(CyclicLr{.step_size_up = 40}, LrWarmup{.total_iters = 40}, std::nullopt), IsEmpty());
}

TEST(ScheduleFit, AWarmUpInEpochsTakesTheirBatches) {
  EXPECT_EQ(warmup_batches({.total_iters = 7}, 10), 7);
  EXPECT_EQ(warmup_batches({.epochs = 1}, 469), 469);
  EXPECT_EQ(warmup_batches({.epochs = 0.5}, 469), 235);
  EXPECT_EQ(warmup_batches({.epochs = 0.001}, 10), 1);
}

}  // namespace
}  // namespace rung::optim

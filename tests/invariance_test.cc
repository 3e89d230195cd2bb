// The bits of a trained model must not depend on the number of threads or (with fused multiply-add) the SIMD
// target.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "kernel_testing.h"
#include "short_run.h"
#include "train/trainer.h"

namespace rung {
namespace {

using testing::discs;
using testing::short_run;

struct Trained {
  std::string weights;
  std::vector<double> losses;  // of training and test, alternating
  double accuracy = 0;         // percent, in training

  friend bool operator==(const Trained&, const Trained&) = default;
};

Trained train_with(int threads, const train::Experiment& run = short_run(),
                   const data::Dataset& data = discs()) {
  ThreadPool pool(threads);
  train::Trainer trainer(run, data, pool);
  Trained result;
  for (int epoch = 0; epoch < 3; ++epoch) {
    const train::TrainedEpoch trained = trainer.train_epoch();
    result.losses.insert(result.losses.end(), {trained.loss, trainer.evaluate(discs().test).loss});
    result.accuracy = trained.accuracy;
  }
  result.weights = nn::weights_sha256(trainer.weights());
  return result;
}

void expect_same_bits(const Trained& found, const Trained& expected, const std::string& what) {
  EXPECT_EQ(found.weights, expected.weights) << what;
  EXPECT_EQ(found.losses, expected.losses) << what;
  EXPECT_EQ(found.accuracy, expected.accuracy) << what;
}

// Dilated convolutions, also grouped and with strides.
train::Experiment dilated_run() {
  using namespace nn;
  train::Experiment run = short_run();
  run.model.layers = {
      Conv2d{.out_channels = 8, .kernel_size = {3, 3}, .padding = {2, 2}, .dilation = {2, 2}, .bias = false},
      BatchNorm2d{},
      Dropout{0.05},
      Relu{},
      Conv2d{.out_channels = 8, .kernel_size = {3, 3}, .padding = {3, 2}, .dilation = {3, 2}, .groups = 8},
      Conv2d{
          .out_channels = 12, .kernel_size = {3, 2}, .stride = {2, 1}, .padding = {1, 0}, .dilation = {2, 3}},
      BatchNorm2d{},
      Relu{},
      AdaptiveAvgPool2d{},
      Linear{.out_features = testing::kClasses}};
  return run;
}

class InvarianceTest : public rung::testing::EveryTarget {};

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBits) {
  const Trained one = train_with(1);
  EXPECT_GT(one.accuracy, 40) << "the model should learn something, or the test says little";
  for (const int threads : {2, 3, 7})
    expect_same_bits(train_with(threads), one, fmt::format("{} threads", threads));
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsOfResidualModels) {
  const Trained one = train_with(1, testing::residual_run());
  EXPECT_GT(one.accuracy, 40);
  for (const int threads : {2, 7})
    expect_same_bits(train_with(threads, testing::residual_run()), one, fmt::format("{} threads", threads));
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsOfDilatedConvolutions) {
  const Trained one = train_with(1, dilated_run());
  EXPECT_GT(one.accuracy, 40);
  for (const int threads : {2, 7})
    expect_same_bits(train_with(threads, dilated_run()), one, fmt::format("{} threads", threads));
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsWithClassWeights) {
  train::Experiment run = short_run();
  run.training.class_weights = optim::ClassWeights{};
  run.training.label_smoothing = 0.1;
  const Trained one = train_with(1, run);
  EXPECT_GT(one.accuracy, 40);
  for (const int threads : {2, 7})
    expect_same_bits(train_with(threads, run), one, fmt::format("{} threads", threads));
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsWithMixUp) {
  train::Experiment run = short_run();
  run.training.mixup = optim::MixUp{0.2};
  run.training.class_weights = optim::ClassWeights{};
  const Trained one = train_with(1, run);
  EXPECT_GT(one.accuracy, 30);
  for (const int threads : {2, 7})
    expect_same_bits(train_with(threads, run), one, fmt::format("{} threads", threads));
}

// short_run() with two teachers, of which one has a larger model.
train::Experiment taught_run() {
  train::Experiment run = short_run();
  for (const train::Experiment& teacher : {short_run(), dilated_run()})
    run.teachers.push_back({teacher.model, nn::initial_weights(nn::make_plan(teacher.model), 3)});
  run.training.distill = optim::Distill{{{"a", ""}, {"b", ""}}, 2, 0.5};
  return run;
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsWithTeachers) {
  for (const kernels::Precision precision : {kernels::Precision::kFloat32, kernels::Precision::kBf16}) {
    train::Experiment run = taught_run();
    run.training.precision = precision;
    const Trained one = train_with(1, run);
    EXPECT_NE(one.weights, train_with(1, short_run()).weights);
    for (const int threads : {2, 7})
      expect_same_bits(train_with(threads, run), one, fmt::format("{} threads", threads));
  }
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsWithWeightsOfImages) {
  data::Dataset data = discs();
  for (size_t image = 0; image < data.train.labels.size(); ++image)
    data.train.weights.push_back(0.5F * static_cast<float>(image % 4));
  const Trained one = train_with(1, short_run(), data);
  EXPECT_NE(one.weights, train_with(1, short_run()).weights);
  for (const int threads : {2, 7})
    expect_same_bits(train_with(threads, short_run(), data), one, fmt::format("{} threads", threads));
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsOfAnyKind) {
  for (const auto& [name, run] : testing::runs_of_every_kind())
    expect_same_bits(train_with(3, run), train_with(1, run), std::string(name));
}

INSTANTIATE_TEST_SUITE_P(Simd, InvarianceTest, ::testing::ValuesIn(kernels::simd_targets()),
                         rung::testing::target_name);

TEST(Invariance, SimdTargetsWithFusedMultiplyAddAgree) {
  const std::vector<std::string> targets = testing::fused_targets();
  if (targets.size() < 2) GTEST_SKIP() << "this machine has only one";
  train::Experiment weighted = short_run();
  weighted.training.class_weights = optim::ClassWeights{};
  train::Experiment mixed = short_run();
  mixed.training.mixup = optim::MixUp{};
  for (const train::Experiment& run :
       {short_run(), testing::residual_run(), dilated_run(), weighted, mixed, taught_run()}) {
    std::vector<Trained> trained;
    for (const std::string& target : targets) {
      kernels::force_simd_target(target);
      trained.push_back(train_with(2, run));
    }
    kernels::force_simd_target("");
    for (size_t i = 1; i < targets.size(); ++i)
      expect_same_bits(trained[i], trained[0], targets[i] + " and " + targets[0]);
  }
}

// A run with a validation split equals a run without it on a smaller dataset.
TEST(Invariance, ValidationImagesAreNotTrainedOn) {
  train::Experiment run = testing::short_run();
  run.dataset.validation = 50;
  data::Dataset smaller = testing::discs();
  const auto pixels = static_cast<std::ptrdiff_t>(size_t{testing::kSide} * testing::kSide);
  data::Split& train = smaller.train;
  train.count -= 50;
  data::Split held_out = train;
  held_out.count = 50;
  held_out.pixels.assign(train.pixels.end() - 50 * pixels, train.pixels.end());
  held_out.labels.assign(train.labels.end() - 50, train.labels.end());
  train.pixels.resize(train.pixels.size() - static_cast<size_t>(50 * pixels));
  train.labels.resize(train.labels.size() - 50);
  ThreadPool pool(2);
  train::Trainer with(run, testing::discs(), pool);
  train::Trainer without(testing::short_run(), smaller, pool);
  with.train_epoch();
  without.train_epoch();
  EXPECT_EQ(nn::weights_sha256(with.weights()), nn::weights_sha256(without.weights()));
  EXPECT_EQ(with.evaluate_validation().predicted, without.evaluate(held_out).predicted);
  EXPECT_EQ(with.evaluate_validation().loss, without.evaluate(held_out).loss);
  EXPECT_EQ(with.evaluate_training().loss, without.evaluate(smaller.train).loss);
}

TEST(Invariance, AValidationSplitLeavesSomethingToTrainOn) {
  train::Experiment run = testing::short_run();
  run.dataset.validation = 149;
  EXPECT_THROW(train::require_fit(run, testing::discs()), UsageError);
}

// 149 images in batches of 37 leave one, and batch norm after Flatten would have a single value per channel.
TEST(Invariance, ALastBatchOfOneImageIsRefusedWhereBatchNormNeedsTwo) {
  train::Experiment run = testing::short_run();
  run.training.batch_size = 37;
  EXPECT_THROW(train::require_fit(run, testing::discs()), UsageError);
  std::erase_if(run.model.layers,
                [](const nn::LayerSpec& layer) { return layer == nn::LayerSpec(nn::BatchNorm2d{}); });
  train::require_fit(run, testing::discs());
}

TEST(Invariance, ASeedIsARun) {
  expect_same_bits(train_with(2), train_with(2), "the same seed twice");
  train::Experiment other = short_run();
  ++other.seed;
  ThreadPool pool(2);
  train::Trainer trainer(other, discs(), pool);
  trainer.train_epoch();
  train::Trainer again(short_run(), discs(), pool);
  again.train_epoch();
  EXPECT_NE(nn::weights_sha256(trainer.weights()), nn::weights_sha256(again.weights()));
}

}  // namespace
}  // namespace rung

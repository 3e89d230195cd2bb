// The training loop batch by batch: which images a batch has, which rates and step its gradient uses, and
// which weights are averaged. Other tests compare the parts with PyTorch (optim_test.cc, golden_test.cc).
#include "train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "base/beta.h"
#include "optim/lr_schedule.h"
#include "optim/weight_average.h"
#include "short_run.h"

namespace rung::train {
namespace {

using rung::testing::discs;
using rung::testing::kEpochs;
using rung::testing::residual_run;
using rung::testing::short_run;
using rung::testing::toolbox_run;

// What a trainer holds between two batches.
struct Moment {
  explicit Moment(const Trainer& trainer)
      : trained(trainer.trained_weights()), weights(trainer.weights()), optimizer(trainer.optimizer()) {}
  nn::Weights trained;
  nn::Weights weights;
  optim::OptimizerState optimizer;
};

// Trains to the end, and calls `on_batch` with the state before each batch and the number of batches done.
void for_each_batch(Trainer& trainer, const std::function<void(const Moment& before, int done)>& on_batch) {
  int done = 0;
  Moment before(trainer);
  while (trainer.position().epochs < kEpochs) {
    trainer.train_epoch([&](const Progress&) {
      on_batch(before, done++);
      before = Moment(trainer);
    });
  }
}

// Every schedule and optimiser of the short runs, named for failure messages.
class TrainerTest : public ::testing::TestWithParam<std::pair<std::string, Experiment (*)()>> {
 protected:
  Experiment experiment() const { return GetParam().second(); }
};

TEST_P(TrainerTest, EveryBatchIsOneStepWithTheSchedulesRates) {
  const Experiment run = experiment();
  ThreadPool pool(2);
  Trainer trainer(run, discs(), pool);
  const int batches = trainer.batches_per_epoch();
  ASSERT_GT(batches, 1);
  for_each_batch(trainer, [&](const Moment& before, int done) {
    const optim::Rates rates = optim::rates_at(
        run.training, {.epoch = done / batches, .step = done, .steps = int64_t{kEpochs} * batches});
    Moment expected = before;
    expected.optimizer.step(rates, done, trainer.gradient(), expected.trained.parameters);
    EXPECT_EQ(trainer.trained_weights().parameters, expected.trained.parameters) << "after batch " << done;
    EXPECT_NE(before.trained.parameters, expected.trained.parameters) << "after batch " << done;
  });
}

INSTANTIATE_TEST_SUITE_P(Runs, TrainerTest,
                         ::testing::Values(std::pair{"sgd_with_steps", &short_run},
                                           std::pair{"adam_with_one_rate", &residual_run},
                                           std::pair{"adamw_with_one_cycle", &toolbox_run}),
                         [](const auto& run) { return run.param.first; });

TEST(Trainer, AnEpochsRateIsThatOfItsLastBatch) {
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  for (const double lr : {0.05, 0.025, 0.0125}) EXPECT_DOUBLE_EQ(trainer.train_epoch().lr, lr);
}

// torch.optim.swa_utils.AveragedModel copies at its first update.
TEST(Trainer, TheAverageBeginsWithTheFirstStepsWeights) {
  for (const bool use_buffers : {false, true}) {
    Experiment run = toolbox_run();
    run.training.ema = optim::Ema{.decay = 0.8, .use_buffers = use_buffers};
    ThreadPool pool(2);
    Trainer trainer(run, discs(), pool);
    for_each_batch(trainer, [&](const Moment& before, int done) {
      const nn::Weights& trained = trainer.trained_weights();
      nn::Weights expected = before.weights;
      if (done == 0) {
        expected = trained;
      } else {
        optim::move_average(0.8, trained.parameters, expected.parameters);
        optim::move_average(0.8, trained.buffers, expected.buffers);
      }
      if (!use_buffers) expected.buffers = trained.buffers;
      EXPECT_EQ(trainer.weights().parameters, expected.parameters) << "after batch " << done;
      EXPECT_EQ(trainer.weights().buffers, expected.buffers) << "after batch " << done;
    });
  }
}

Experiment run_of_few_bits() {
  Experiment run = short_run();
  run.training.quantize = optim::Quantize{.weight_bits = 4};
  return run;
}

// As after the optimiser's step they are rounded, not those that it updates: with them the next batch is
// computed.
TEST(Trainer, RoundedWeightsAreTheResult) {
  ThreadPool pool(2);
  Trainer trainer(run_of_few_bits(), discs(), pool);
  const quantise::WeightRounding rounding(trainer.plan(), 4);
  for_each_batch(trainer, [&](const Moment& before, int done) {
    std::vector<float> expected = trainer.trained_weights().parameters;
    EXPECT_NE(trainer.weights().parameters, expected) << "after batch " << done;
    rounding.round(trainer.trained_weights().parameters, expected);
    EXPECT_EQ(trainer.weights().parameters, expected) << "after batch " << done;
    EXPECT_EQ(trainer.weights().buffers, trainer.trained_weights().buffers) << "after batch " << done;
    EXPECT_NE(trainer.weights().buffers, before.weights.buffers) << "after batch " << done;
  });
}

// The straight-through estimator: the gradient is that of a model which has the rounded weights as its own.
TEST(Trainer, TheGradientIsThatOfTheRoundedWeights) {
  ThreadPool pool(2);
  Trainer rounding(run_of_few_bits(), discs(), pool);
  Trainer rounded(short_run(), discs(), pool);
  State state{{}, rounding.weights(), {}, rounded.optimizer()};
  rounded.restore(std::move(state));
  const auto first_gradient = [](Trainer& trainer) {
    std::vector<float> gradient;
    trainer.train_epoch([&](const Progress& progress) {
      if (progress.batch == 1) gradient.assign(trainer.gradient().begin(), trainer.gradient().end());
    });
    return gradient;
  };
  EXPECT_EQ(first_gradient(rounding), first_gradient(rounded));
}

TEST(Trainer, WithoutAnAverageTheResultIsWhatIsTrained) {
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  EXPECT_FALSE(trainer.has_result());
  EXPECT_EQ(&trainer.weights(), &trainer.trained_weights());
}

// A batch's loss is its images' losses weighted by their classes; balanced weights follow from the labels.
TEST(Trainer, BalancedClassWeightsAreThoseOfTheTrainingImages) {
  Experiment run = toolbox_run();
  run.training.class_weights = optim::ClassWeights{};
  std::vector<int> counts(rung::testing::kClasses);
  const int images = discs().train.count - run.dataset.validation.images;
  for (int i = 0; i < images; ++i) ++counts[discs().train.labels[static_cast<size_t>(i)]];
  Experiment spelt_out = run;
  for (const int count : counts)
    spelt_out.training.class_weights->factors.push_back(
        static_cast<float>(static_cast<double>(images) / (rung::testing::kClasses * count)));
  Experiment without = run;
  without.training.class_weights.reset();
  const auto trained = [](const Experiment& experiment) {
    ThreadPool pool(2);
    Trainer trainer(experiment, discs(), pool);
    trainer.train_epoch();
    return nn::weights_sha256(trainer.weights());
  };
  EXPECT_EQ(trained(run), trained(spelt_out));
  EXPECT_NE(trained(run), trained(without));
}

// The loss of a linear model from its definition: MixUp's share of each image and label, the rest of the one
// before; divided by the number of images, whatever their weights.
TEST(Trainer, MixUpMixesImagesAndLabelsAlike) {
  Experiment run = short_run();
  run.augment.clear();
  run.model.layers = {nn::Flatten{}, nn::Linear{.out_features = rung::testing::kClasses}};
  const data::Split& train = discs().train;
  run.training.batch_size = train.count;
  run.training.mixup = optim::MixUp{.alpha = 2};
  const std::vector<double> weights = {1, 0.5, 2, 4, 0};
  run.training.class_weights = optim::ClassWeights{weights};
  ThreadPool pool(1);
  Trainer trainer(run, discs(), pool);
  const std::vector<float> parameters = trainer.weights().parameters;  // [classes][pixels], [classes]
  constexpr size_t kClasses = rung::testing::kClasses;
  constexpr size_t kPixels = size_t{rung::testing::kSide} * rung::testing::kSide;
  const auto logit = [&](size_t k, uint32_t image) {
    double sum = parameters[kClasses * kPixels + k];
    for (size_t i = 0; i < kPixels; ++i)
      sum += parameters[k * kPixels + i] *
             ((train.pixels[image * kPixels + i] / 255.0 - run.dataset.mean->of_channel(0)) /
              run.dataset.std->of_channel(0));
    return sum;
  };
  RandomStream random(run.seed, RandomPurpose::kMixUp);
  const double share = draw_beta(2, random);
  const auto order = shuffled(train.count, run.seed, 0);
  double loss = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t own = order[i];
    const uint32_t before = order[(i + order.size() - 1) % order.size()];
    std::array<double, kClasses> logits{};
    double sum = 0;
    for (size_t k = 0; k < kClasses; ++k) {
      logits[k] = share * logit(k, own) + (1 - share) * logit(k, before);
      sum += std::exp(logits[k]);
    }
    for (const auto& [part, label] : {std::pair(share, train.labels[own]), {1 - share, train.labels[before]}})
      loss += part * weights[label] * (std::log(sum) - logits[label]);
  }
  EXPECT_NEAR(trainer.train_epoch().loss, loss / train.count, 1e-5);
}

// The loss of a linear model from its definition, with the mean of two teachers' probabilities for the same
// images, which are augmented.
TEST(Trainer, TeachersSeeTheSameImages) {
  Experiment run = short_run();
  run.model.layers = {nn::Flatten{}, nn::Linear{.out_features = rung::testing::kClasses}};
  run.training.batch_size = discs().train.count;
  run.training.epochs = 1;
  ThreadPool pool(2);
  Experiment teaching = run;
  for (const uint64_t seed : {5, 6}) {
    teaching.seed = seed;
    Trainer trainer(teaching, discs(), pool);
    trainer.train_epoch();
    run.teachers.push_back({run.model, trainer.weights()});
  }
  constexpr double kTemperature = 3, kWeight = 0.75;
  run.training.distill = optim::Distill{{{"a", ""}, {"b", ""}}, kTemperature, kWeight};
  Trainer trainer(run, discs(), pool);
  const nn::Weights own = trainer.weights();

  // The images as the batch has them: what an untaught training makes of them, too.
  constexpr size_t kClasses = rung::testing::kClasses;
  constexpr size_t kPixels = size_t{rung::testing::kSide} * rung::testing::kSide;
  BlockLoader loader(discs().train.images(), run.dataset);
  loader.augment(run.augment, 1);
  AlignedBuffer<float> image(kPixels * kernels::kLanes);
  const auto probabilities = [&](const nn::Weights& weights, double temperature) {
    std::array<double, kClasses> values{};
    double sum = 0;
    for (size_t k = 0; k < kClasses; ++k) {
      double logit = weights.parameters[kClasses * kPixels + k];
      for (size_t i = 0; i < kPixels; ++i)
        logit += double{weights.parameters[k * kPixels + i]} * image.data()[i * kernels::kLanes];
      sum += values[k] = std::exp(logit / temperature);
    }
    for (double& value : values) value /= sum;
    return values;
  };
  double loss = 0;
  for (const uint32_t index : shuffled(discs().train.count, run.seed, 0)) {
    loader.load(std::span(&index, 1), 0, run.seed, 0, image.data());
    const auto hard = probabilities(own, 1), soft = probabilities(own, kTemperature);
    const auto first = probabilities(run.teachers[0].weights, kTemperature);
    const auto second = probabilities(run.teachers[1].weights, kTemperature);
    loss -= (1 - kWeight) * std::log(hard[discs().train.labels[index]]);
    for (size_t k = 0; k < kClasses; ++k) {
      const double wanted = (first[k] + second[k]) / 2;
      loss += kWeight * kTemperature * kTemperature * wanted * std::log(wanted / soft[k]);
    }
  }
  EXPECT_NEAR(trainer.train_epoch().loss, loss / discs().train.count, 2e-5);
}

// Batches whose images all have a weight of 0 move nothing, where PyTorch divides 0 by 0.
TEST(Trainer, ImagesOfNoWeightMoveNothing) {
  Experiment run = residual_run();
  run.training.batch_size = 1;
  run.training.optimizer = optim::Sgd{.lr = 0.1};
  run.model.layers = {nn::Flatten{}, nn::Linear{.out_features = rung::testing::kClasses}};
  run.training.class_weights = optim::ClassWeights{{0, 0, 0, 0, 1}};
  ThreadPool pool(1);
  Trainer trainer(run, discs(), pool);
  int weighed = 0;
  nn::Weights before = trainer.weights();
  trainer.train_epoch([&](const Progress&) {
    weighed += trainer.weights().parameters != before.parameters ? 1 : 0;
    before = trainer.weights();
  });
  EXPECT_EQ(weighed, std::ranges::count(discs().train.labels, 4));
}

// 149 images in batches of 41: the last one has 26, and counts as 26.
TEST(Trainer, AnEpochsLossIsTheMeanOverItsImages) {
  ThreadPool pool(2);
  Trainer trainer(short_run(), discs(), pool);
  double sum = 0;
  int images = 0;
  int correct = 0;
  const TrainedEpoch epoch = trainer.train_epoch([&](const Progress& progress) {
    sum += progress.loss * (progress.images - images);
    images = progress.images;
    correct = progress.correct;
  });
  EXPECT_EQ(images, 149);
  EXPECT_DOUBLE_EQ(epoch.loss, sum / 149);
  EXPECT_DOUBLE_EQ(epoch.accuracy, 100.0 * correct / 149);
}

}  // namespace
}  // namespace rung::train

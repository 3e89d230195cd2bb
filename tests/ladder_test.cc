// The ladder's judgement: McNemar's test, targets, differences between recipes, the rules of the analysis,
// Markdown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "base/text.h"
#include "chip/footprint.h"
#include "ladder/analysis.h"
#include "ladder/changes.h"
#include "ladder/judge.h"
#include "ladder/markdown.h"
#include "ladder/mcnemar.h"
#include "ladder/p_value.h"
#include "ladder/reference.h"
#include "ladder/results.h"
#include "ladder/run.h"
#include "recipe/recipe.h"

namespace rung::ladder {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// By hand: p = 2 · sum over k <= min of C(n, k) / 2^n, at most 1.
TEST(McNemar, GivesTheExactBinomialValues) {
  EXPECT_EQ(mcnemar_p_value(0, 0), 1);
  EXPECT_EQ(mcnemar_p_value(1, 0), 1);
  EXPECT_EQ(mcnemar_p_value(3, 3), 1);
  EXPECT_NEAR(mcnemar_p_value(5, 0), 2.0 / 32, 1e-12);
  EXPECT_NEAR(mcnemar_p_value(0, 5), 2.0 / 32, 1e-12);
  EXPECT_NEAR(mcnemar_p_value(10, 2), 2.0 * (1 + 12 + 66) / 4096, 1e-12);
  EXPECT_NEAR(mcnemar_p_value(2, 10), 0.03857421875, 1e-12);
  EXPECT_NEAR(mcnemar_p_value(7, 3), 2.0 * (1 + 10 + 45 + 120) / 1024, 1e-12);
}

TEST(McNemar, StaysFiniteAndRightForLargeCounts) {
  // The normal approximation with continuity correction is good to a few percent here.
  const double z = (5200.0 - 4800.0 - 1) / std::sqrt(10000.0);
  EXPECT_NEAR(mcnemar_p_value(4800, 5200), std::erfc(z / std::sqrt(2.0)), 1e-6);
  EXPECT_GE(mcnemar_p_value(0, 10'000'000), 0);
  EXPECT_LT(mcnemar_p_value(0, 10'000'000), 1e-300);
  EXPECT_NEAR(mcnemar_p_value(500'000, 500'000), 1, 1e-6);
}

TEST(McNemar, CountsOnlyImagesOnWhichOneIsRight) {
  const std::vector<uint8_t> labels = {0, 1, 2, 3, 4, 5};
  const std::vector<uint8_t> first = {0, 1, 9, 3, 9, 8};
  const std::vector<uint8_t> second = {0, 9, 2, 3, 9, 9};
  const McNemar result = mcnemar(first, second, labels);
  EXPECT_EQ(result.only_first, 1);
  EXPECT_EQ(result.only_second, 1);
  EXPECT_EQ(result.p_value, 1);
}

// A run of 10,000 test images with these test accuracies.
train::RunRecord record_of(const std::vector<double>& test_accuracies, double train_evaluated = 99.5,
                           double train_running = 99.4) {
  train::RunRecord record;
  record.recipe = "run";
  record.title = "Run";
  record.params = 1000;
  record.test_images = 10'000;
  for (const double accuracy : test_accuracies) {
    const int epoch = static_cast<int>(record.epochs.size()) + 1;
    record.epochs.push_back({.epoch = epoch,
                             .train_accuracy = train_running,
                             .test_accuracy = accuracy,
                             .train_seconds = 2,
                             .test_seconds = 1,
                             .weights_sha256 = ""});
  }
  record.train_accuracy_evaluated = train_evaluated;
  return record;
}

recipe::Target target(recipe::Metric metric, recipe::Comparison comparison,
                      std::variant<double, recipe::Previous> bound) {
  return {.text = "text", .metric = metric, .comparison = comparison, .bound = bound};
}

std::optional<bool> met(const recipe::Target& one, const train::RunRecord* previous = nullptr) {
  return judge(one, {}, record_of({98, 99.2, 99}), previous).met;
}

TEST(Judge, ComparesAtTheBoundItself) {
  using recipe::Comparison;
  constexpr auto kFinal = recipe::Metric::kFinalTestAccuracy;
  EXPECT_EQ(met(target(kFinal, Comparison::kAtLeast, 99.0)), true);
  EXPECT_EQ(met(target(kFinal, Comparison::kAbove, 99.0)), false);
  EXPECT_EQ(met(target(kFinal, Comparison::kAtMost, 99.0)), true);
  EXPECT_EQ(met(target(kFinal, Comparison::kBelow, 99.0)), false);
  EXPECT_EQ(met(target(kFinal, Comparison::kAbove, 98.9)), true);
  EXPECT_EQ(met(target(kFinal, Comparison::kBelow, 99.1)), true);
}

TEST(Judge, KnowsEveryMetric) {
  const train::RunRecord record = record_of({98, 99.2, 99}, 99.5);
  EXPECT_EQ(metric_value(recipe::Metric::kParams, record), 1000);
  EXPECT_EQ(metric_value(recipe::Metric::kBestTestAccuracy, record), 99.2);
  EXPECT_EQ(metric_value(recipe::Metric::kFinalTestAccuracy, record), 99);
  EXPECT_NEAR(metric_value(recipe::Metric::kMeanLast3TestAccuracy, record), (98 + 99.2 + 99) / 3, 1e-12);
  EXPECT_NEAR(metric_value(recipe::Metric::kOverfittingGap, record), 0.5, 1e-12);
  EXPECT_EQ(metric_value(recipe::Metric::kTrainSeconds, record), 6);
}

// What is foretold of `small` on these chips, as `rung summary small --target` prints it.
TEST(Judge, BytesOnAChipAreThoseOfTheRecipe) {
  recipe::Recipe recipe = recipe::load(std::filesystem::path(RUNG_SOURCE_DIR) / "recipes/beyond/small.toml");
  const chip::Layout layout = layout_of(recipe);
  const auto judged = [&](recipe::Metric metric, std::string chip, double most) {
    recipe.targets = {{"text", metric, recipe::Comparison::kAtMost, most, std::move(chip)}};
    const TargetResult result = judge(recipe.targets[0], recipe, record_of({99}), nullptr);
    if (*result.met)
      EXPECT_NO_THROW(require_chip_budgets(recipe));
    else
      EXPECT_THROW(require_chip_budgets(recipe), UsageError);
    return result;
  };
  const auto avr = chip::footprint_of(layout, *chip::find_processor("avr"));
  const auto m0 = chip::footprint_of(layout, *chip::find_processor("cortex-m0"));
  EXPECT_NE(avr.flash, m0.flash);
  EXPECT_EQ(judged(recipe::Metric::kFlashBytes, "avr", 7680).value, static_cast<double>(avr.flash));
  EXPECT_EQ(judged(recipe::Metric::kFlashBytes, "cortex-m0", 5000).met, false);
  EXPECT_EQ(judged(recipe::Metric::kRamBytes, "avr", 2048).met, true);
  EXPECT_EQ(judged(recipe::Metric::kRamBytes, "cortex-m0", 1600).value,
            static_cast<double>(m0.ram + m0.stack));
  recipe.training.quantize = optim::Quantize{4};
  EXPECT_EQ(judged(recipe::Metric::kFlashBytes, "cortex-m0", 5000).met, true);
}

TEST(Judge, ValidationChoosesTheEpoch) {
  train::RunRecord record = record_of({98, 99, 97});
  record.validation_images = 100;
  for (size_t epoch = 0; epoch < 3; ++epoch)
    record.epochs[epoch].validation = {.accuracy = std::vector{95.0, 94.0, 93.0}[epoch]};
  EXPECT_EQ(record.chosen().epoch, 1);
  EXPECT_EQ(metric_value(recipe::Metric::kBestTestAccuracy, record), 99);
  EXPECT_EQ(metric_value(recipe::Metric::kBestValidationAccuracy, record), 95);
  EXPECT_EQ(metric_value(recipe::Metric::kFinalValidationAccuracy, record), 93);
  EXPECT_EQ(metric_value(recipe::Metric::kTestAccuracyAtBestValidation, record), 98);
  const train::RunRecord without = record_of({98, 99, 97});
  EXPECT_EQ(without.chosen().epoch, 2);
}

TEST(Judge, ValidationIsComparedOnTheSameImages) {
  train::RunRecord record = record_of({98});
  record.validation_images = 100;
  record.epochs.front().validation = {.accuracy = 95};
  const auto bound_by = [&](const train::RunRecord& previous, recipe::Metric metric) {
    return judge(target(metric, recipe::Comparison::kAbove, recipe::Previous{}), {}, record, &previous).bound;
  };
  train::RunRecord previous = record;
  EXPECT_EQ(bound_by(previous, recipe::Metric::kBestValidationAccuracy), 95);
  previous.validation_images = 200;
  EXPECT_EQ(bound_by(previous, recipe::Metric::kBestValidationAccuracy), std::nullopt);
  EXPECT_EQ(bound_by(previous, recipe::Metric::kTestAccuracyAtBestValidation), 98)
      << "that is of the test images";
  EXPECT_EQ(bound_by(record_of({98}), recipe::Metric::kBestValidationAccuracy), std::nullopt);
}

TEST(Judge, PreviousIsTheSameMetricOfTheStepBefore) {
  const auto better =
      target(recipe::Metric::kBestTestAccuracy, recipe::Comparison::kAbove, recipe::Previous{});
  const train::RunRecord worse = record_of({99.1, 98});
  const train::RunRecord equal = record_of({99.2, 90});
  EXPECT_EQ(met(better, &worse), true);
  EXPECT_EQ(met(better, &equal), false);
  EXPECT_EQ(judge(better, {}, record_of({99}), &worse).bound, 99.1);
}

TEST(Judge, ATargetThatCannotBeJudgedIsNotMissed) {
  const auto better =
      target(recipe::Metric::kBestTestAccuracy, recipe::Comparison::kAbove, recipe::Previous{});
  Outcome outcome;
  outcome.targets = {judge(better, {}, record_of({99}), nullptr)};
  EXPECT_EQ(outcome.targets.front().met, std::nullopt);
  EXPECT_TRUE(outcome.targets_met());
  outcome.targets.push_back({.target = better, .bound = 1, .value = 0, .met = false});
  EXPECT_FALSE(outcome.targets_met());
}

recipe::Recipe ladder_recipe(const std::string& name) {
  return recipe::load(std::string(RUNG_SOURCE_DIR "/recipes/ladder/") + name + ".toml");
}

TEST(Changes, AreWhatTheLaddersStepsChange) {
  const auto changes = [](const char* before, const char* after) {
    return describe_changes(ladder_recipe(before), ladder_recipe(after));
  };
  EXPECT_THAT(changes("step1", "step1"), IsEmpty());
  EXPECT_THAT(changes("step1", "step2"), ElementsAre("+5 batch_norm2d", "parameters 13,590 → 13,730"));
  EXPECT_THAT(changes("step2", "step3"), ElementsAre("+5 dropout p 0.08"));
  EXPECT_THAT(changes("step5", "step5-constant-lr"),
              ElementsAre("schedule step_lr (step_size 5, gamma 0.5) → none"));
  const std::string fourth = testing::PrintToString(changes("step3", "step4"));
  EXPECT_THAT(fourth, AllOf(HasSubstr("conv2d 6×6"), HasSubstr("avg_pool2d"),
                            HasSubstr("parameters 13,730 → 5,422"), HasSubstr("random_rotation")));
}

TEST(Changes, NamesEveryOptionOfTraining) {
  const recipe::Recipe before = ladder_recipe("step1");
  recipe::Recipe after = before;
  after.seed = 9;
  after.training.epochs = 3;
  after.training.batch_size = 64;
  after.training.optimizer = optim::Sgd{.lr = 0.5, .momentum = 0.9, .nesterov = true};
  EXPECT_THAT(describe_changes(before, after),
              ElementsAre("learning rate 0.01 → 0.5", "nesterov false → true", "batch size 128 → 64",
                          "epochs 16 → 3", "seed 1 → 9"));
  after = before;
  after.dataset.validation = 10;
  after.training.optimizer = optim::AdamW{};
  after.training.lr_scheduler = optim::OneCycleLr{.max_lr = 0.1};
  after.training.lr_warmup = optim::LrWarmup{0.5, 9};
  after.training.precision = kernels::Precision::kBf16;
  after.training.label_smoothing = 0.1;
  after.training.ema = optim::Ema{.decay = 0.9, .use_buffers = false};
  after.training.class_weights = optim::ClassWeights{{0.5, 2}};
  after.training.mixup = optim::MixUp{0.2};
  after.training.distill = optim::Distill{{{"/runs/best10k-seed0", ""}, {"/runs/big", ""}}, 3, 0.7};
  after.training.quantize = optim::Quantize{.weight_bits = 4};
  EXPECT_THAT(
      describe_changes(before, after),
      ElementsAre("validation images 0 → 10", "learning rate 0.01 → the schedule's",
                  "schedule none → one_cycle_lr (max_lr 0.1)", "warm-up none → from × 0.5 in 9 batches",
                  "optimiser sgd → adamw", "weight decay 0 → 0.01", "precision float32 → bf16",
                  "label smoothing 0 → 0.1", "class weights none → 0.5, 2", "mixup none → alpha 0.2",
                  "teacher none → best10k-seed0 and big, temperature 3, weight 0.7",
                  "average of the weights none → decay 0.9, buffers copied",
                  "rounding of the weights none → 4 bits"));
}

TEST(Changes, NameTheModelBesideOtherThings) {
  const recipe::Recipe before = ladder_recipe("step2");
  recipe::Recipe after = before;
  after.training.epochs = 3;
  std::swap(after.model.layers[1], after.model.layers[2]);
  EXPECT_THAT(describe_changes(before, after),
              ElementsAre("the order or options of layers", "epochs 16 → 3"));
}

TEST(Changes, NameOptionsAndOrderBesideOtherLayers) {
  const recipe::Recipe before = ladder_recipe("step2");
  recipe::Recipe after = before;
  auto& layers = after.model.layers;
  const auto norm = std::ranges::find_if(
      layers, [](const nn::LayerSpec& layer) { return std::holds_alternative<nn::BatchNorm2d>(layer); });
  std::get<nn::BatchNorm2d>(*norm).momentum = 0.01;
  layers.emplace_back(nn::Dropout{0.5});
  EXPECT_THAT(describe_changes(before, after), ElementsAre("+1 dropout", "the order or options of layers"));
  layers = before.model.layers;
  const auto pool = std::ranges::find_if(
      layers, [](const nn::LayerSpec& layer) { return std::holds_alternative<nn::MaxPool2d>(layer); });
  std::iter_swap(pool - 1, pool);
  std::get<nn::Conv2d>(layers.front()).out_channels += 1;
  EXPECT_THAT(describe_changes(before, after),
              ElementsAre("the order or options of layers", HasSubstr("parameters"),
                          HasSubstr("multiply-accumulates")));
}

TEST(Changes, NameTheStrideAndThePaddingOfAPooling) {
  const recipe::Recipe before = ladder_recipe("step2");
  recipe::Recipe after = before;
  const auto pool = std::ranges::find_if(after.model.layers, [](const nn::LayerSpec& layer) {
    return std::holds_alternative<nn::MaxPool2d>(layer);
  });
  *pool = nn::MaxPool2d{{3, 3}, {2, 2}, {1, 1}};
  EXPECT_THAT(describe_changes(before, after),
              ElementsAre("−1 max_pool2d 2×2", "+1 max_pool2d 3×3 stride 2×2 padding 1×1"));
}

// 10 features to 7, 9 and 10, or to 9, 7 and 10: equal numbers of parameters and multiply-accumulates.
TEST(Changes, NameWidthsThatNoSizeShows) {
  recipe::Recipe before = ladder_recipe("step2");
  before.model = {{1, 2, 5},
                  10,
                  {nn::Flatten{}, nn::Linear{.out_features = 7}, nn::Linear{.out_features = 9},
                   nn::Linear{.out_features = 10}}};
  recipe::Recipe after = before;
  std::swap(after.model.layers[1], after.model.layers[2]);
  EXPECT_THAT(describe_changes(before, after), ElementsAre("the order or options of layers"));
}

TEST(Changes, SeparatesThousands) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(-1234567), "-1,234,567");
  EXPECT_EQ(with_commas(-123), "-123");
}

Analysis analysis_of(const train::RunRecord& record) {
  Outcome outcome;
  outcome.record = record;
  return analyse(outcome, nullptr, {});
}

// At 99 % of 10,000 images a standard error is 0.0995 points, so chance gives ±0.199; half the test error is
// 0.5.
TEST(Analysis, JudgesFitAtItsThresholds) {
  const auto fit = [](double train) { return analysis_of(record_of({99}, train)).fit; };
  EXPECT_NEAR(analysis_of(record_of({99})).standard_error, 0.0994987, 1e-6);
  EXPECT_EQ(fit(98.0), Fit::kUnderfits);
  EXPECT_EQ(fit(99.19), Fit::kUnderfits);
  EXPECT_EQ(fit(99.21), Fit::kSlightlyOverfits);
  EXPECT_EQ(fit(99.49), Fit::kSlightlyOverfits);
  EXPECT_EQ(fit(99.51), Fit::kOverfits);
  // 99.9 %: a standard error is 0.0316 points; training makes almost no errors.
  EXPECT_EQ(analysis_of(record_of({99.9}, 99.95)).fit, Fit::kBalanced);
  EXPECT_EQ(analysis_of(record_of({99.9}, 99.93)).fit, Fit::kUnderfits);
}

// The standard error of 100 % is that of one wrong image: 0.01 points of 10,000.
TEST(Analysis, NothingWrongIsNotWithoutError) {
  const Analysis analysis = analysis_of(record_of(std::vector(6, 100.0), 99.99));
  EXPECT_NEAR(analysis.standard_error, 0.01, 1e-5);
  EXPECT_EQ(analysis.fit, Fit::kBalanced);
  EXPECT_EQ(analysis_of(record_of({100, 100, 100, 99.99, 100, 100}, 100)).stability, Stability::kSettled);
}

TEST(Analysis, JudgesStabilityAtItsThresholds) {
  const auto of = [](const std::vector<double>& accuracies) { return analysis_of(record_of(accuracies)); };
  EXPECT_EQ(of({99, 99, 99, 99, 99}).stability, Stability::kTooShort);
  EXPECT_EQ(of({99, 99, 99, 99, 99, 99}).stability, Stability::kSettled);
  EXPECT_EQ(of({98.91, 98.91, 98.91, 99, 99, 99}).stability, Stability::kSettled);
  EXPECT_EQ(of({98.89, 98.89, 98.89, 99, 99, 99}).stability, Stability::kRising);
  EXPECT_EQ(of({99, 99, 99.19, 99, 99, 99}).stability, Stability::kSettled);
  EXPECT_EQ(of({99, 99, 99.21, 99, 99, 99}).stability, Stability::kSwinging);
  // Epochs before the last five do not count.
  EXPECT_EQ(of({99, 99.5, 99, 99, 99, 99, 99}).stability, Stability::kSettled);
  EXPECT_NEAR(of({99, 99, 99.21, 99, 99, 99}).swing, 0.21, 1e-9);
  EXPECT_NEAR(of({98, 98, 98, 99, 99, 99}).trend, 1, 1e-9);
}

TEST(Analysis, DerivesTheLimitFromFitAndStability) {
  const std::vector<double> settled(6, 99.0);
  EXPECT_EQ(analysis_of(record_of(settled, 99.9)).limit, Limit::kRegularisation);
  EXPECT_EQ(analysis_of(record_of(settled, 99.3)).limit, Limit::kRegularisation);
  EXPECT_EQ(analysis_of(record_of(settled, 99.1)).limit, Limit::kCapacity);
  EXPECT_EQ(analysis_of(record_of(std::vector<double>(6, 99.9), 99.95)).limit, Limit::kBalanced);
  EXPECT_EQ(analysis_of(record_of({98, 98, 98, 99, 99, 99}, 99.9)).limit, Limit::kTraining);
  EXPECT_EQ(analysis_of(record_of({99}, 99.9)).limit, Limit::kTraining);
}

TEST(Analysis, SaysWhenRegularisationHoldsTrainingBack) {
  const std::vector<double> settled(6, 99.0);
  const auto held = analysis_of(record_of(settled, 99.1, 98.0)).sentences;
  const auto free = analysis_of(record_of(settled, 99.1, 99.1)).sentences;
  EXPECT_THAT(testing::PrintToString(held),
              HasSubstr("or regularise less (accuracy in training mode is 1.10 points lower)"));
  EXPECT_THAT(testing::PrintToString(free), Not(HasSubstr("regularise less")));
}

// Ten classes of 100 test images each, of which the model gets `correct` right and predicts `predicted`, and
// training images of each, of which it gets `train_correct` right.
train::RunRecord record_of_classes(const std::vector<int>& correct, const std::vector<int>& predicted,
                                   const std::vector<int>& train_images,
                                   const std::vector<int>& train_correct) {
  const auto sum = [](const std::vector<int>& counts) {
    return std::accumulate(counts.begin(), counts.end(), 0);
  };
  const double test = 100.0 * sum(correct) / 1000;
  train::RunRecord record = record_of({test, test}, 100.0 * sum(train_correct) / sum(train_images),
                                      100.0 * sum(train_correct) / sum(train_images));
  record.test_images = 1000;
  record.train_images = sum(train_images);
  record.test_classes = {std::vector(10, 100), correct, predicted};
  record.train_classes = {train_images, train_correct, train_images};
  record.epochs.back().balanced_test_accuracy = record.test_classes->balanced_accuracy();
  return record;
}

std::vector<int> only_first(int first, int others = 0) {
  std::vector<int> counts(10, others);
  counts.front() = first;
  return counts;
}

Analysis analysis_of(const train::RunRecord& record, const recipe::Recipe& recipe) {
  Outcome outcome;
  outcome.recipe = recipe;
  outcome.record = record;
  return analyse(outcome, nullptr, {});
}

std::string text_of(const Analysis& analysis) {
  return testing::PrintToString(analysis.sentences);
}

// 5,000 images of class 0 and 20 of each other class: the model always answers 0.
TEST(Analysis, SeesThatImbalanceMakesPredictionsCollapse) {
  const train::RunRecord record =
      record_of_classes(only_first(100), only_first(1000), only_first(5000, 20), only_first(5000));
  recipe::Recipe recipe = ladder_recipe("step1");
  const Analysis analysis = analysis_of(record, recipe);
  EXPECT_EQ(analysis.fit, Fit::kCollapsed);
  EXPECT_EQ(analysis.limit, Limit::kClassBalance);
  const std::string text = text_of(analysis);
  EXPECT_THAT(text, HasSubstr("100.0 % of the test images are predicted as class 0;"));
  EXPECT_THAT(text, HasSubstr("class 0 has 5,000 training images, classes 1 to 9 only 20 each."));
  EXPECT_THAT(text, HasSubstr("class_weights = "));
  EXPECT_THAT(text, HasSubstr("Balanced test accuracy, the mean recall of the classes, is 10.00 %"));
  for (const char* wrong : {"overfits", "underfits", "more epochs", "did not learn"})
    EXPECT_THAT(text, Not(HasSubstr(wrong)));
  recipe.training.class_weights = optim::ClassWeights{};
  EXPECT_THAT(text_of(analysis_of(record, recipe)),
              AllOf(HasSubstr("Class weights are set already"), Not(HasSubstr("class_weights = "))));
}

// Rare classes that are known by heart, and not known in the test. Training accuracy is that of the test
// set's mix of classes, 73 %: (100 + 9 · 70) / 10.
TEST(Analysis, SeesThatRareClassesAreRecognisedLessOften) {
  const train::RunRecord record =
      record_of_classes(only_first(99, 30), only_first(700, 33), only_first(5000, 20), only_first(5000, 14));
  const Analysis analysis = analysis_of(record, ladder_recipe("step1"));
  EXPECT_THAT(analysis.classes.rare, testing::SizeIs(9));
  EXPECT_NEAR(analysis.train_accuracy, 73, 1e-9);
  EXPECT_NEAR(analysis.gap, 73 - 36.9, 1e-9);
  EXPECT_EQ(analysis.fit, Fit::kOverfits);
  EXPECT_EQ(analysis.limit, Limit::kClassBalance);
  EXPECT_THAT(text_of(analysis),
              HasSubstr("training accuracy is 73.00 % (with the test set's mix of classes)"));
  EXPECT_THAT(text_of(analysis), HasSubstr("Recall is far below the usual 99.0 % for class 1 (30.0 %), "));
}

TEST(Analysis, NamesClassesWithALowRecall) {
  std::vector<int> correct(10, 90);
  correct[3] = 69;
  correct[6] = 70;  // 20 points below is not yet far
  std::vector<int> images(10, 500);
  std::vector<int> right(10, 480);
  Analysis analysis = analysis_of(record_of_classes(correct, std::vector(10, 100), images, right));
  EXPECT_THAT(analysis.classes.low, ElementsAre(3));
  EXPECT_THAT(text_of(analysis), HasSubstr("Recall is far below the usual 90.0 % for class 3 (69.0 %)."));
  EXPECT_NE(analysis.limit, Limit::kClassBalance) << "training is balanced";
  images[3] = 166;  // less than a third of 500
  right[3] = 150;
  analysis =
      analysis_of(record_of_classes(correct, std::vector(10, 100), images, right), ladder_recipe("step1"));
  EXPECT_THAT(analysis.classes.rare, ElementsAre(3));
  EXPECT_EQ(analysis.limit, Limit::kClassBalance);
  EXPECT_THAT(text_of(analysis), HasSubstr("class 0 has 500 training images, class 3 only 166."));
  images[3] = 167;
  EXPECT_THAT(analysis_of(record_of_classes(correct, std::vector(10, 100), images, right)).classes.rare,
              IsEmpty());
}

// As where the validation split took all images of a class.
TEST(Analysis, NamesClassesThatTrainingNeverSees) {
  std::vector<int> correct(10, 90);
  std::vector<int> images(10, 500);
  std::vector<int> right(10, 490);
  correct[9] = images[9] = right[9] = 0;
  recipe::Recipe recipe = ladder_recipe("step1");
  recipe.dataset.validation = 500;
  train::RunRecord record = record_of_classes(correct, std::vector(10, 100), images, right);
  record.validation_images = 500;
  record.epochs.back().validation = train::ValidationRecord{.accuracy = 0};
  const Analysis analysis = analysis_of(record, recipe);
  EXPECT_THAT(analysis.classes.missing, ElementsAre(9));
  EXPECT_EQ(analysis.limit, Limit::kClassBalance);
  EXPECT_THAT(text_of(analysis), HasSubstr("class 0 has 500 training images, class 9 none."));
  EXPECT_THAT(text_of(analysis), HasSubstr("set validation_split = "));
  EXPECT_THAT(text_of(analysis), HasSubstr("Validation accuracy is 0.00 % and test accuracy 81.00 %"));
}

TEST(Analysis, DoesNotCallChanceUnderfitting) {
  const std::vector<int> images(10, 500);
  const Analysis analysis = analysis_of(
      record_of_classes(only_first(100), only_first(1000), images, only_first(500)), ladder_recipe("step1"));
  EXPECT_EQ(analysis.fit, Fit::kNotLearned);
  EXPECT_EQ(analysis.limit, Limit::kLearning);
  EXPECT_THAT(text_of(analysis), AllOf(HasSubstr("It did not learn"), HasSubstr("would reach 10.00 %"),
                                       HasSubstr("learning rate"), HasSubstr("(640 batches)"),
                                       Not(HasSubstr("underfits")), Not(HasSubstr("settled"))));
}

// Above chance, but only classes 0 and 1 are told apart.
TEST(Analysis, SeesACollapseWithoutImbalance) {
  std::vector<int> correct(10, 0), predicted(10, 0), right(10, 0);
  correct[0] = correct[1] = 95;
  predicted[0] = predicted[1] = 500;
  right[0] = right[1] = 480;
  const Analysis analysis =
      analysis_of(record_of_classes(correct, predicted, std::vector(10, 500), right), ladder_recipe("step1"));
  EXPECT_EQ(analysis.fit, Fit::kCollapsed);
  EXPECT_EQ(analysis.limit, Limit::kLearning);
  EXPECT_THAT(text_of(analysis), HasSubstr("100.0 % of the test images are predicted as classes 0 and 1;"));
}

// An average of about 1,000 batches in a run of 640.
TEST(Analysis, SaysThatAnAverageLags) {
  train::RunRecord record = record_of({97.12}, 97.0);
  record.train_images = 5000;
  record.trained_weights_test_accuracy = 98.51;
  recipe::Recipe recipe = ladder_recipe("step2");
  recipe.training.ema = optim::Ema{};
  Analysis analysis = analysis_of(record, recipe);
  EXPECT_EQ(analysis.fit, Fit::kAverageLags);
  EXPECT_EQ(analysis.limit, Limit::kAverage);
  EXPECT_THAT(text_of(analysis),
              AllOf(HasSubstr("97.12 % of the test images against 98.51 %"),
                    HasSubstr("with a decay of 0.999 it is over about 1,000 batches, and the run has 640"),
                    Not(HasSubstr("underfits"))));
  recipe.training.ema->use_buffers = false;
  EXPECT_THAT(text_of(analysis_of(record, recipe)), HasSubstr("Set use_buffers = true in [ema]"));
  record.trained_weights_test_accuracy = 97.4;  // within two standard errors, 0.33
  EXPECT_EQ(analysis_of(record, recipe).fit, Fit::kUnderfits);
}

TEST(ClassList, SaysRunsOfNumbersShortly) {
  EXPECT_EQ(class_list(std::vector<size_t>{3}, {}), "class 3");
  EXPECT_EQ(class_list(std::vector<size_t>{3, 4}, {}), "classes 3 and 4");
  EXPECT_EQ(class_list(std::vector<size_t>{0, 4, 7, 8, 9}, {}), "classes 0, 4 and 7 to 9");
  EXPECT_EQ(class_list(std::vector<size_t>{1, 2, 3}, {}), "classes 1 to 3");
  data::DatasetSpec named;
  named.class_names = {"tulip", "rose", "daisy", "lily"};
  EXPECT_EQ(class_list(std::vector<size_t>{3}, named), "class lily");
  EXPECT_EQ(class_list(std::vector<size_t>{0, 1, 2}, named), "classes tulip, rose and daisy");
  const std::vector<size_t> many = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  EXPECT_EQ(class_list(many, named), "classes tulip, rose, daisy, lily, 4, 5, 6, 7, 8, 9 and 2 more");
}

TEST(PValue, IsNeverZero) {
  EXPECT_EQ(p_value_text(0.02314), "0.0231");
  EXPECT_EQ(p_value_text(0.0001), "0.0001");
  EXPECT_EQ(p_value_text(0), "< 0.0001");
  EXPECT_EQ(p_value_equation(0), "p < 0.0001");
  EXPECT_EQ(p_value_equation(1), "p = 1.0000");
  EXPECT_THAT(significance_sentence({.only_first = 1, .only_second = 5000, .p_value = 0}, "x"),
              HasSubstr("(McNemar, p < 0.0001)"));
}

std::vector<std::string> names_of(const std::vector<ResultRow>& rows) {
  std::vector<std::string> names;
  for (const ResultRow& row : rows) names.push_back(row.what);
  return names;
}

TEST(Results, NameAMeanAfterItsEpochs) {
  const recipe::Reference reference{"they", 1, 2, 3, 4};
  const auto rows = [&](const std::vector<double>& accuracies) {
    return result_rows(record_of(accuracies), reference, true);
  };
  EXPECT_THAT(names_of(rows({99})), Not(testing::Contains(HasSubstr("mean of the last"))));
  const auto two = rows({98, 99});
  EXPECT_THAT(names_of(two), testing::Contains("mean of the last 2, test"));
  EXPECT_EQ(two[1].accuracy, 98.5);
  EXPECT_EQ(two[1].reference, std::nullopt) << "the reference's is over 3";
  const auto four = rows({1, 97, 98, 99});
  EXPECT_EQ(four[1].what, "mean of the last 3, test");
  EXPECT_EQ(four[1].reference, 4);
}

TEST(Markdown, ATargetsMeanSaysOfHowManyEpochs) {
  const auto mean = target(recipe::Metric::kMeanLast3TestAccuracy, recipe::Comparison::kAtLeast, 90.0);
  const auto text = [&](const train::RunRecord& record) {
    return measured_text(judge(mean, {}, record, nullptr), record);
  };
  EXPECT_EQ(text(record_of({99})), "99.00 %, mean of 1 epoch");
  EXPECT_EQ(text(record_of({98, 99})), "98.50 %, mean of 2 epochs");
  EXPECT_EQ(text(record_of({97, 98, 99})), "98.00 %");
}

TEST(Results, ShowBalancedAccuracyWhereItSaysMore) {
  train::RunRecord record = record_of({99});
  EXPECT_FALSE(shows_balanced(record));
  record.epochs.back().balanced_test_accuracy = 98.9;  // chance gives 0.2
  EXPECT_FALSE(shows_balanced(record));
  record.epochs.back().balanced_test_accuracy = 98.7;
  EXPECT_THAT(names_of(result_rows(record, {}, true)), testing::Contains("last epoch, test, balanced"));
  record.epochs.back().balanced_test_accuracy = 99;
  record.train_classes = train::ClassResults{{100, 301}, {100, 300}, {101, 300}};
  EXPECT_TRUE(shows_balanced(record)) << "more than three to one";
}

TEST(Results, ShowTheWeightsInTrainingBesideTheirAverage) {
  train::RunRecord record = record_of({99});
  record.trained_weights_test_accuracy = 98.5;
  EXPECT_THAT(names_of(result_rows(record, {}, true)),
              testing::Contains("last epoch, test, without averaging"));
}

TEST(ReferenceBeside, SaysWhatIsDifferent) {
  recipe::Recipe recipe = ladder_recipe("step1");
  EXPECT_TRUE(reference_beside(recipe).figures);
  EXPECT_EQ(reference_beside(recipe).remark, "");
  recipe.training.epochs = 2;
  EXPECT_TRUE(reference_beside(recipe).figures);
  EXPECT_EQ(reference_beside(recipe).remark,
            "The reference (PyTorch notebook, one seed) trained for 16 epochs, this run for 2.");
  recipe.dataset.name = "./mine";
  EXPECT_FALSE(reference_beside(recipe).figures);
  EXPECT_EQ(
      reference_beside(recipe).remark,
      "The reference (PyTorch notebook, one seed) was trained on mnist, this run on ./mine: its figures are "
      "left out.");
  recipe.reference->dataset.clear();
  recipe.reference->epochs = 0;
  EXPECT_TRUE(reference_beside(recipe).figures);
  EXPECT_EQ(reference_beside(recipe).remark, "");
  recipe.reference.reset();
  EXPECT_FALSE(reference_beside(recipe).figures);
}

TEST(Judge, WhatAnOldRecordLacksIsNotJudged) {
  const auto balanced =
      target(recipe::Metric::kFinalBalancedTestAccuracy, recipe::Comparison::kAtLeast, 90.0);
  EXPECT_EQ(met(balanced), std::nullopt);
  train::RunRecord record = record_of({99});
  record.epochs.back().balanced_test_accuracy = 90;
  EXPECT_EQ(judge(balanced, {}, record, nullptr).met, true);
  EXPECT_EQ(judge(balanced, {}, record, nullptr).value, 90);
}

TEST(Analysis, CallsOnlyASignificantDifferenceOne) {
  const std::vector<uint8_t> labels(100, 1);
  Outcome before, after;
  before.recipe = after.recipe = ladder_recipe("step1");
  before.record = after.record = record_of({99});
  before.test.predicted.assign(100, 1);
  after.test.predicted.assign(100, 1);
  const auto last_sentence = [&](int only_before, int only_after) {
    auto& first = before.test.predicted;
    auto& second = after.test.predicted;
    first.assign(100, 1);
    second.assign(100, 1);
    std::fill_n(second.begin(), only_before, uint8_t{0});
    std::fill_n(first.rbegin(), only_after, uint8_t{0});
    return analyse(after, &before, labels).sentences.back();
  };
  // 2/32 = 0.0625 and 2/64 = 0.031.
  EXPECT_THAT(
      last_sentence(0, 5),
      testing::StartsWith("Not significantly different from step1: test images that only this run gets "
                          "right: 5; that only step1 gets right: 0 (McNemar, p = 0.0625)"));
  EXPECT_THAT(last_sentence(0, 6), testing::StartsWith("Significantly better than step1"));
  EXPECT_THAT(last_sentence(6, 0), testing::StartsWith("Significantly worse than step1"));
  EXPECT_THAT(analyse(after, &before, labels).sentences, testing::Contains("Nothing changed from step1."));
}

TEST(Markdown, AlignsByCharactersNotBytes) {
  EXPECT_EQ(markdown_table({{"name", "a"}, {"été ✓", "1,000"}, {"x", "2"}}),
            "| name  |     a |\n"
            "|-------|------:|\n"
            "| été ✓ | 1,000 |\n"
            "| x     |     2 |\n");
}

Outcome outcome_titled(const std::string& title) {
  Outcome outcome;
  outcome.recipe.name = "name";
  outcome.record = record_of({99});
  outcome.record.title = title;
  return outcome;
}

std::string heading(const std::string& title) {
  const Outcome outcome = outcome_titled(title);
  const std::string section = step_section(outcome, analyse(outcome, nullptr, {}));
  return section.substr(0, section.find('\n'));
}

TEST(Markdown, ShowsTextAsItIs) {
  EXPECT_EQ(heading("plain: 99.4 %, (no) markup"), "## plain: 99.4 %, (no) markup");
  EXPECT_EQ(heading("a|b"), "## a\\|b");
  EXPECT_EQ(heading("a\\|b"), "## a\\\\\\|b");
  EXPECT_EQ(heading("`code` <script>alert(1)</script>"), "## \\`code\\` \\<script>alert(1)\\</script>");
  EXPECT_EQ(heading("**bold** [link](x)"), "## \\*\\*bold\\*\\* \\[link](x)");
  EXPECT_EQ(heading("_it_ batch_norm2d"), "## \\_it\\_ batch_norm2d");
  EXPECT_EQ(heading("two\nlines"), "## two lines");
  EXPECT_EQ(heading("\x1b[2J\xc2\x9b"), "## \\\\x1b\\[2J\\\\xc2\\\\x9b");
}

// One step has three epochs, the other one.
TEST(Markdown, AColumnsMeanIsOverAsManyEpochsAsItSays) {
  std::vector<Outcome> steps = {outcome_titled("a"), outcome_titled("b")};
  EXPECT_THAT(ladder_table(steps), Not(HasSubstr("mean of last")));
  steps[1].record = record_of({97, 98});
  EXPECT_THAT(ladder_table(steps), HasSubstr("mean of last 2"));
  steps[1].record = record_of({96, 97, 98});
  EXPECT_THAT(ladder_table(steps), AllOf(HasSubstr("mean of last 3"), HasSubstr("97.00")));
  EXPECT_THAT(ladder_table(steps), Not(HasSubstr("balanced")));
  steps[0].record.epochs.back().balanced_test_accuracy = 50;
  EXPECT_THAT(ladder_table(steps), AllOf(HasSubstr("| balanced |"), HasSubstr("50.00")));
}

TEST(Markdown, ARecipesNameCannotBreakTheTable) {
  Outcome outcome = outcome_titled("title");
  outcome.record.recipe = "a | b";
  const std::vector<Outcome> steps = {outcome};
  EXPECT_THAT(ladder_table(steps), HasSubstr("\n| a \\| b |"));
}

}  // namespace
}  // namespace rung::ladder

// The ladder's judgement: McNemar's test, targets, differences between recipes, the rules of the analysis,
// Markdown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "ladder/analysis.h"
#include "ladder/changes.h"
#include "ladder/markdown.h"
#include "ladder/mcnemar.h"
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
  return judge({one}, record_of({98, 99.2, 99}), previous).front().met;
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
  const auto results =
      judge({target(recipe::Metric::kBestValidationAccuracy, recipe::Comparison::kAbove, recipe::Previous{})},
            record, &without);
  EXPECT_FALSE(results.at(0).bound) << "the step before has no validation";
}

TEST(Judge, PreviousIsTheSameMetricOfTheStepBefore) {
  const auto better =
      target(recipe::Metric::kBestTestAccuracy, recipe::Comparison::kAbove, recipe::Previous{});
  const train::RunRecord worse = record_of({99.1, 98});
  const train::RunRecord equal = record_of({99.2, 90});
  EXPECT_EQ(met(better, &worse), true);
  EXPECT_EQ(met(better, &equal), false);
  EXPECT_EQ(judge({better}, record_of({99}), &worse).front().bound, 99.1);
}

TEST(Judge, ATargetThatCannotBeJudgedIsNotMissed) {
  const auto better =
      target(recipe::Metric::kBestTestAccuracy, recipe::Comparison::kAbove, recipe::Previous{});
  Outcome outcome;
  outcome.targets = judge({better}, record_of({99}), nullptr);
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
  EXPECT_THAT(changes("step2", "step3"), ElementsAre("+5 dropout p = 0.08"));
  EXPECT_THAT(changes("step5", "step5-constant-lr"),
              ElementsAre("schedule step_lr (every 5 epochs × 0.5) → none"));
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
  after.training.label_smoothing = 0.1;
  after.training.ema = optim::Ema{.decay = 0.9};
  EXPECT_THAT(
      describe_changes(before, after),
      ElementsAre("validation images 0 → 10", "learning rate 0.01 → the schedule's",
                  "schedule none → one_cycle_lr (up to 0.1 for 0.3 of the training)",
                  "warm-up none → from × 0.5 in 9 batches", "optimiser sgd → adamw", "weight decay 0 → 0.01",
                  "label smoothing 0 → 0.1", "average of the weights none → decay 0.9"));
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
  EXPECT_THAT(describe_changes(before, after),
              ElementsAre("+1 dropout p = 0.5", "the order or options of layers"));
  layers = before.model.layers;
  const auto pool = std::ranges::find_if(
      layers, [](const nn::LayerSpec& layer) { return std::holds_alternative<nn::MaxPool2d>(layer); });
  std::iter_swap(pool - 1, pool);
  std::get<nn::Conv2d>(layers.front()).out_channels += 1;
  EXPECT_THAT(describe_changes(before, after),
              ElementsAre("the order or options of layers", HasSubstr("parameters"),
                          HasSubstr("multiply-accumulates")));
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
              HasSubstr("or less regularisation (in training mode it gets 1.10 points less)"));
  EXPECT_THAT(testing::PrintToString(free), Not(HasSubstr("less regularisation")));
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
  EXPECT_THAT(last_sentence(0, 5),
              testing::StartsWith("Not significantly different from step1: 5 test images"));
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

TEST(Markdown, ARecipesNameCannotBreakTheTable) {
  Outcome outcome = outcome_titled("title");
  outcome.record.recipe = "a | b";
  const std::vector<Outcome> steps = {outcome};
  EXPECT_THAT(ladder_table(steps), HasSubstr("\n| a \\| b |"));
}

}  // namespace
}  // namespace rung::ladder

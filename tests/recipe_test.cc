// The ladder's recipes, reading and writing, and for every kind of mistake the message with its line and
// column.
#include "recipe/recipe.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "every_layer.h"
#include "every_training.h"
#include "every_transform.h"
#include "nn/infer.h"
#include "recipe/settings.h"

namespace rung::recipe {
namespace {

using ::testing::HasSubstr;

Recipe ladder(const std::string& name) {
  return load(std::filesystem::path(RUNG_SOURCE_DIR) / "recipes" / "ladder" / (name + ".toml"));
}

// ---- the ladder

struct Step {
  std::string name;
  int64_t params;
  size_t convolutions, norms, dropouts;
  double rotation;  // degrees, 0 for no augmentation
  double lr;
  bool schedule;
};

class Ladder : public ::testing::TestWithParam<Step> {};

template <typename Layer>
size_t count(const nn::ModelSpec& model) {
  return static_cast<size_t>(std::count_if(model.layers.begin(), model.layers.end(), [](const auto& layer) {
    return std::holds_alternative<Layer>(layer);
  }));
}

TEST_P(Ladder, IsWhatTheTableSays) {
  const Step& step = GetParam();
  const Recipe recipe = ladder(step.name);
  EXPECT_EQ(recipe.name, step.name);
  EXPECT_EQ(recipe.seed, 1U);
  EXPECT_EQ(recipe.dataset, (data::DatasetSpec{"mnist", 0.1307, 0.3081}));
  EXPECT_EQ(nn::infer(recipe.model).params, step.params);
  EXPECT_EQ(count<nn::Conv2d>(recipe.model), step.convolutions);
  EXPECT_EQ(count<nn::Relu>(recipe.model), step.convolutions - 1);
  EXPECT_EQ(count<nn::BatchNorm2d>(recipe.model), step.norms);
  EXPECT_EQ(count<nn::Dropout>(recipe.model), step.dropouts);
  for (const auto& layer : recipe.model.layers) {
    if (const auto* dropout = std::get_if<nn::Dropout>(&layer)) {
      EXPECT_EQ(dropout->p, 0.08);
    }
  }
  const optim::LrScheduler schedule =
      step.schedule ? optim::LrScheduler(optim::StepLr{5, 0.5}) : optim::LrScheduler(optim::ConstantLr{});
  EXPECT_EQ(recipe.training,
            (optim::Training{16, 128, optim::Sgd{step.lr, 0.9, 0, false}, schedule, {}, {}, 0, {}}));
  std::vector<data::Transform> augment;
  if (step.rotation > 0)
    augment = {data::ColorJitter{0.1, 0.1, 0.1, 0.1}, data::RandomRotation{step.rotation, 1}};
  EXPECT_EQ(recipe.augment, augment);
}

TEST_P(Ladder, SurvivesWritingAndReading) {
  const Recipe recipe = ladder(GetParam().name);
  const std::string toml = to_toml(recipe);
  EXPECT_EQ(parse(toml, "run/recipe.toml"), recipe) << toml;
}

INSTANTIATE_TEST_SUITE_P(All, Ladder,
                         ::testing::Values(Step{"step1", 13'590, 6, 0, 0, 0, 0.01, false},
                                           Step{"step2", 13'730, 6, 5, 0, 0, 0.01, false},
                                           Step{"step3", 13'730, 6, 5, 5, 0, 0.01, false},
                                           Step{"step4", 5'422, 7, 6, 6, 10, 0.01, false},
                                           Step{"step5", 7'758, 8, 7, 7, 13, 0.02, true},
                                           Step{"step5-constant-lr", 7'758, 8, 7, 7, 13, 0.02, false}));

// ---- beyond the ladder

struct Beyond {
  std::string name;
  int64_t most_params;
  int most_epochs;
  data::DatasetSpec dataset{};  // MNIST
};

class BeyondTheLadder : public ::testing::TestWithParam<Beyond> {};

// The budgets that give meaning to the accuracies in docs/records.md. No image is held out, so the recipe is
// exactly what was measured.
TEST_P(BeyondTheLadder, KeepsItsBudget) {
  const Beyond& beyond = GetParam();
  const Recipe recipe =
      load(std::filesystem::path(RUNG_SOURCE_DIR) / "recipes" / "beyond" / (beyond.name + ".toml"));
  EXPECT_LE(nn::infer(recipe.model).params, beyond.most_params);
  EXPECT_LE(recipe.training.epochs, beyond.most_epochs);
  EXPECT_EQ(recipe.dataset, beyond.dataset);
  EXPECT_TRUE(std::ranges::any_of(recipe.targets, [](const Target& target) {
    return target.metric == Metric::kFinalTestAccuracy && target.comparison == Comparison::kAtLeast;
  }));
  EXPECT_EQ(parse(to_toml(recipe), "run/recipe.toml"), recipe);
}

INSTANTIATE_TEST_SUITE_P(All, BeyondTheLadder,
                         ::testing::Values(Beyond{"step6", 7'758, 16}, Beyond{"best10k", 9'999, 60},
                                           Beyond{"small", 5'000, 60}, Beyond{"fast", nn::kMaxParams, 60},
                                           Beyond{"fast995", nn::kMaxParams, 60},
                                           Beyond{"flash4k", 3'943, 40},
                                           Beyond{"fashion10k", 9'999, 60, {"fashion_mnist", 0.286, 0.353}}));

// Output side and receptive field after each convolution and pooling.
std::vector<std::pair<int, int>> stages(const Recipe& recipe) {
  std::vector<std::pair<int, int>> result;
  for (const nn::LayerInfo& layer : nn::infer(recipe.model).layers)
    if (layer.macs > 0 || layer.output.height < layer.input.height)
      result.emplace_back(layer.output.height, layer.receptive_field.h);
  return result;
}

TEST(LadderShapes, SidesAndReceptiveFields) {
  using Stages = std::vector<std::pair<int, int>>;
  const Stages early = {{26, 3}, {24, 5}, {12, 6}, {10, 10}, {8, 14}, {6, 18}, {1, 28}};
  EXPECT_EQ(stages(ladder("step1")), early);
  EXPECT_EQ(stages(ladder("step3")), early);
  EXPECT_EQ(stages(ladder("step4")),
            (Stages{{26, 3}, {24, 5}, {12, 6}, {10, 10}, {8, 14}, {6, 18}, {4, 22}, {1, 28}, {1, 28}}));
  EXPECT_EQ(
      stages(ladder("step5")),
      (Stages{{26, 3}, {24, 5}, {12, 6}, {10, 10}, {8, 14}, {6, 18}, {4, 22}, {2, 26}, {1, 28}, {1, 28}}));
}

TEST(LadderShapes, LayersComeInTheOrderOfTheTable) {
  std::string names;
  for (const auto& layer : ladder("step3").model.layers) names += std::string(nn::recipe_name(layer)) + " ";
  const std::string stage = "conv2d batch_norm2d dropout relu ";
  EXPECT_EQ(names, stage + stage + "max_pool2d " + stage + stage + stage + "conv2d ");
}

TEST(LadderTargets, AreTheTables) {
  const auto second = [](const std::string& name) { return ladder(name).targets.at(1); };
  for (const std::string name : {"step1", "step2", "step3"})
    EXPECT_EQ(ladder(name).targets.at(0),
              (Target{"fewer than 15,000 parameters", Metric::kParams, Comparison::kBelow, 15'000.0}));
  for (const std::string name : {"step4", "step5", "step5-constant-lr"})
    EXPECT_EQ(ladder(name).targets.at(0),
              (Target{"fewer than 10,000 parameters", Metric::kParams, Comparison::kBelow, 10'000.0}));
  EXPECT_EQ(second("step1").metric, Metric::kFinalTestAccuracy);
  EXPECT_EQ(second("step1").bound, (std::variant<double, Previous>(98.0)));
  EXPECT_EQ(second("step2").metric, Metric::kBestTestAccuracy);
  EXPECT_EQ(second("step2").comparison, Comparison::kAbove);
  EXPECT_EQ(second("step2").bound, (std::variant<double, Previous>(Previous{})));
  EXPECT_EQ(second("step3").metric, Metric::kOverfittingGap);
  EXPECT_EQ(second("step3").comparison, Comparison::kBelow);
  EXPECT_EQ(second("step4").bound, (std::variant<double, Previous>(99.2)));
  EXPECT_EQ(second("step4").comparison, Comparison::kAbove);
  EXPECT_EQ(second("step5").bound, (std::variant<double, Previous>(99.4)));
  EXPECT_EQ(second("step5").comparison, Comparison::kAtLeast);
}

// ---- reading

// Line numbers below refer to this text.
constexpr std::string_view kBase = R"(title = "t"
[dataset]
name = "mnist"
[model]
layers = [
  { stage = "s", out_channels = 10 },
  { type = "adaptive_avg_pool2d", output_size = 1 },
]
[model.stages]
s = [{ type = "conv2d", kernel_size = 3 }, { type = "relu" }]
[training]
epochs = 1
[optimizer]
type = "sgd"
)";

std::string with(std::string_view from, std::string_view to) {
  std::string text(kBase);
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string with_end(std::string_view end) {
  return std::string(kBase) + std::string(end);
}

Recipe parse_text(const std::string& toml) {
  return parse(toml, "recipes/r.toml");
}

TEST(Parse, Defaults) {
  const Recipe recipe = parse_text(std::string(kBase));
  EXPECT_EQ(recipe.name, "r");
  EXPECT_EQ(recipe.description, "");
  EXPECT_TRUE(recipe.targets.empty());
  EXPECT_TRUE(recipe.augment.empty());
  EXPECT_EQ(recipe.dataset, data::DatasetSpec{});
  const nn::Conv2d conv{10, {3, 3}, {1, 1}, {0, 0}, {1, 1}, 1, true};
  EXPECT_EQ(recipe.model, (nn::ModelSpec{{1, 28, 28}, 10, {conv, nn::Relu{}, nn::AdaptiveAvgPool2d{}}}));
  EXPECT_EQ(recipe.training,
            (optim::Training{1, 128, optim::Sgd{1e-3, 0, 0, false}, optim::ConstantLr{}, {}, {}, 0, {}}));
}

TEST(Parse, AStagesUseOverridesItsFirstLayerOnly) {
  const Recipe recipe = parse_text(with("out_channels = 10 }",
                                        "out_channels = 4, kernel_size = [1, 2], repeat = 2 }, "
                                        "{ type = \"conv2d\", out_channels = 10, "
                                        "kernel_size = 1 }"));
  ASSERT_EQ(recipe.model.layers.size(), 6U);
  const nn::Conv2d conv{4, {1, 2}, {1, 1}, {0, 0}, {1, 1}, 1, true};
  EXPECT_EQ(recipe.model.layers[0], nn::LayerSpec(conv));
  EXPECT_EQ(recipe.model.layers[1], nn::LayerSpec(nn::Relu{}));
  EXPECT_EQ(recipe.model.layers[2], nn::LayerSpec(conv));
}

TEST(Parse, PoolingHasStrideAndPadding) {
  const auto first_layer = [](const std::string& options) {
    return parse_text(with("layers = [", "layers = [{ type = \"max_pool2d\", " + options + " },"))
        .model.layers[0];
  };
  EXPECT_EQ(first_layer("kernel_size = 2"), nn::LayerSpec(nn::MaxPool2d{{2, 2}, {2, 2}, {0, 0}}));
  EXPECT_EQ(first_layer("kernel_size = [2, 3]"), nn::LayerSpec(nn::MaxPool2d{{2, 3}, {2, 3}, {0, 0}}));
  EXPECT_EQ(first_layer("kernel_size = 3, stride = [2, 1], padding = 1"),
            nn::LayerSpec(nn::MaxPool2d{{3, 3}, {2, 1}, {1, 1}}));
}

// The layers of kBase with other uses, and with another stage `s`.
std::vector<nn::LayerSpec> layers_of(const std::string& uses, const std::string& stage) {
  std::string text = with("{ stage = \"s\", out_channels = 10 }", uses);
  const std::string own = R"({ type = "conv2d", kernel_size = 3 }, { type = "relu" })";
  text.replace(text.find(own), own.size(), stage);
  text.replace(text.find("{ type = \"adaptive_avg_pool2d\""), 0,
               "{ type = \"conv2d\", kernel_size = 1, out_channels = 10 }, ");
  const Recipe recipe = parse_text(text);
  EXPECT_EQ(parse_text(to_toml(recipe)).model, recipe.model);
  return recipe.model.layers;
}

TEST(Parse, AKeyOfAUseGoesToEveryLayerOfTheStageThatLacksIt) {
  const auto layers = layers_of(
      R"({ stage = "s", out_channels = 8, bias = false, padding = 1, p = 0.25, momentum = 0.5 })",
      R"({ type = "conv2d", kernel_size = 3 }, { type = "batch_norm2d" }, { type = "dropout", p = 0.5 },
         { type = "conv2d", kernel_size = 1, padding = 0 }, { type = "batch_norm2d", momentum = 0.2 })");
  EXPECT_EQ(layers[0], nn::LayerSpec((nn::Conv2d{8, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false})));
  EXPECT_EQ(layers[1], nn::LayerSpec((nn::BatchNorm2d{1e-5, 0.5})));
  EXPECT_EQ(layers[2], nn::LayerSpec(nn::Dropout{0.25}));
  EXPECT_EQ(layers[3], nn::LayerSpec((nn::Conv2d{8, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1, false})));
  EXPECT_EQ(layers[4], nn::LayerSpec((nn::BatchNorm2d{1e-5, 0.2})));
}

TEST(Parse, AKeyThatNoLayerLacksReplacesTheFirst) {
  const auto layers = layers_of(R"({ stage = "s", kernel_size = 5 })",
                                R"({ type = "relu" }, { type = "conv2d", kernel_size = 3, out_channels = 4 },
         { type = "max_pool2d", kernel_size = 2 })");
  EXPECT_EQ(layers[1], nn::LayerSpec((nn::Conv2d{4, {5, 5}})));
  EXPECT_EQ(layers[2], nn::LayerSpec((nn::MaxPool2d{{2, 2}})));
}

TEST(Parse, ChannelsMayBeThoseOfTheInput) {
  const auto layers =
      layers_of(R"({ stage = "s", out_channels = 16 }, { stage = "s", out_channels = 24, repeat = 2 })",
                R"({ type = "conv2d", out_channels = "in_channels", groups = "in_channels", kernel_size = 3 },
         { type = "conv2d", kernel_size = 1 })");
  const std::array channels = {1, 16, 24};
  const std::array outputs = {16, 24, 24};
  for (size_t use = 0; use < 3; ++use) {
    const int in = channels[use];
    EXPECT_EQ(layers[2 * use], nn::LayerSpec((nn::Conv2d{in, {3, 3}, {1, 1}, {0, 0}, {1, 1}, in})));
    EXPECT_EQ(layers[2 * use + 1], nn::LayerSpec((nn::Conv2d{outputs[use], {1, 1}})));
  }
  // Of a flattened image: its features.
  const auto flat =
      layers_of(R"({ type = "flatten" }, { stage = "s", groups = 2 })",
                R"({ type = "conv2d", kernel_size = 1, out_channels = "in_channels" }, { type = "relu" })");
  EXPECT_EQ(std::get<nn::Conv2d>(flat[1]).out_channels, 28 * 28);
}

TEST(Parse, OtherDatasetsBringTheirShape) {
  std::string toml = with("name = \"mnist\"", "name = \"./letters\"");
  toml.replace(toml.find("layers = ["), 10, "input = [1, 16, 20]\nclasses = 10\nlayers = [");
  EXPECT_EQ(parse_text(toml).model.input, (nn::Shape{1, 16, 20}));
}

TEST(Parse, ShearMayBeOneNumberTwoOrFour) {
  const auto shear = [](const std::string& value) {
    const auto toml = with_end("[[augment]]\ntype = \"random_affine\"\ndegrees = 1\nshear = " + value);
    return std::get<data::RandomAffine>(parse_text(toml).augment.at(0)).shear;
  };
  using Shear = std::array<double, 4>;
  EXPECT_EQ(shear("3"), (Shear{-3, 3, 0, 0}));
  EXPECT_EQ(shear("[-1, 3.5]"), (Shear{-1, 3.5, 0, 0}));
  EXPECT_EQ(shear("[-1, 3, 4, 5]"), (Shear{-1, 3, 4, 5}));
}

TEST(Parse, TargetTextIsMadeFromTheBound) {
  const auto text = [](const std::string& target) {
    return parse_text(with_end("[[targets]]\n" + target)).targets.at(0).text;
  };
  EXPECT_EQ(text("metric = \"params\"\nbelow = 10_000"), "parameters below 10000");
  EXPECT_EQ(text("metric = \"best_test_accuracy\"\nat_least = 99.4"), "best test accuracy at least 99.4 %");
  EXPECT_EQ(text("metric = \"overfitting_gap\"\nat_most = \"previous\""),
            "overfitting gap at most the previous step's");
  EXPECT_EQ(text("metric = \"ram_bytes\"\nchip = \"avr\"\nat_most = 2048"), "RAM on AVR at most 2048 bytes");
  EXPECT_EQ(text("metric = \"train_seconds\"\nat_most = 60\ntext = \"a minute\""), "a minute");
}

TEST(Parse, DescriptionKeepsItsLinesButNotItsEnd) {
  EXPECT_EQ(parse_text("description = \"\"\"\none\n\n  two\n\"\"\"\n" + std::string(kBase)).description,
            "one\n\n  two");
}

TEST(Load, NamesTheFile) {
  EXPECT_THROW(load("no/such/file.toml"), IoError);
  const auto path = std::filesystem::temp_directory_path() / "rung_recipe_test_large.toml";
  std::ofstream(path) << std::string(kMaxFileBytes + 1, '\n');
  EXPECT_THROW(load(path), DataError);
  std::ofstream(path) << "title = 1\n";
  try {
    load(path);
    ADD_FAILURE() << "accepted a number as title";
  } catch (const RecipeError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string() + ":1:9: title: expected text"));
  }
  std::filesystem::remove(path);
}

// The first TOML block of the documentation is a whole recipe.
TEST(Parse, TheDocumentationsExample) {
  const std::string page =
      read_text_file(std::filesystem::path(RUNG_SOURCE_DIR) / "docs" / "recipes.md", kMaxFileBytes);
  const size_t begin = page.find("```toml\n") + 8;
  const Recipe recipe = parse(page.substr(begin, page.find("```", begin) - begin), "docs.toml");
  EXPECT_EQ(nn::infer(recipe.model).params, 72 + 16 + 1152 + 32 + 170);
}

// The others are parts of a recipe, and each is accepted in a recipe that has the rest.
TEST(Parse, TheDocumentationsOtherExamples) {
  const std::string page =
      read_text_file(std::filesystem::path(RUNG_SOURCE_DIR) / "docs" / "recipes.md", kMaxFileBytes);
  int examples = 0;
  size_t at = page.find("```toml\n") + 8;
  while ((at = page.find("```toml\n", at)) != std::string::npos) {
    at += 8;
    const std::string part = page.substr(at, page.find("```", at) - at);
    if (!part.starts_with('[')) continue;  // lines of a model
    std::string toml = "title = \"t\"\n";
    if (part.find("[model]") == std::string::npos)
      toml += "[model]\nlayers = [{ type = \"conv2d\", out_channels = 10, kernel_size = 28 }]\n";
    if (part.find("[training]") == std::string::npos) toml += "[training]\nepochs = 2\n";
    if (part.find("[optimizer]") == std::string::npos) toml += "[optimizer]\ntype = \"sgd\"\n";
    EXPECT_NO_THROW(nn::infer(parse(toml + part, "docs.toml").model)) << part;
    ++examples;
  }
  EXPECT_GE(examples, 9);
}

// ---- writing

Recipe everything() {
  Recipe recipe;
  recipe.name = "every thing";
  recipe.title = "quote \" backslash \\ umlaut ü";
  recipe.description = "two\n\tlines";
  recipe.targets = {{"a", Metric::kParams, Comparison::kAtMost, 1e20},
                    {"b", Metric::kFinalTestAccuracy, Comparison::kAbove, 99.123456789012345},
                    {"c", Metric::kMeanLast3TestAccuracy, Comparison::kBelow, Previous{}},
                    {"d", Metric::kOverfittingGap, Comparison::kAtLeast, -1.5},
                    {"e", Metric::kTrainSeconds, Comparison::kAtMost, 1e-7},
                    {"f", Metric::kBestTestAccuracy, Comparison::kAtMost, 100.0},
                    {"g", Metric::kBestValidationAccuracy, Comparison::kAtLeast, 99.0},
                    {"h", Metric::kFinalValidationAccuracy, Comparison::kAtLeast, Previous{}},
                    {"i", Metric::kTestAccuracyAtBestValidation, Comparison::kAbove, 99.25},
                    {"j", Metric::kFinalBalancedTestAccuracy, Comparison::kAtLeast, 98.0},
                    {"k", Metric::kFinalBalancedValidationAccuracy, Comparison::kAtLeast, 97.0},
                    {"l", Metric::kFlashBytes, Comparison::kAtMost, 8192.0, "avr"},
                    {"m", Metric::kRamBytes, Comparison::kBelow, 2048.0, "cortex-m0"}};
  recipe.reference = Reference{"they", 1, 2, 3, 4.5, "data/letters", 12};
  recipe.dataset = {"data/letters", -0.5, 1.0 / 3, 70};
  recipe.dataset.class_names = {"a", "\"b\" \\ c", "ä, ö"};
  recipe.augment = rung::testing::every_transform();
  recipe.model = {
      {2, 20, 18},
      5,
      {nn::Conv2d{4, {3, 2}, {1, 2}, {2, 0}, {2, 3}, 2, false}, nn::BatchNorm2d{1e-3, 0.25}, nn::Dropout{0.3},
       nn::Relu{}, nn::LeakyRelu{0.125}, nn::PRelu{4, -0.5}, nn::PRelu{}, nn::Silu{}, nn::Add{3}, nn::Add{-2},
       nn::MaxPool2d{{2, 1}}, nn::AvgPool2d{{1, 2}}, nn::MaxPool2d{{2, 2}, {1, 2}, {0, 1}},
       nn::AvgPool2d{{2, 2}, {2, 2}, {1, 1}}, nn::AdaptiveAvgPool2d{{2, 3}}, nn::AdaptiveAvgPool2d{},
       nn::Flatten{}, nn::Linear{6, true}, nn::Linear{5, false}}};
  recipe.training = {7,
                     32,
                     optim::Sgd{0.1, 0.9, 5e-4, true},
                     optim::StepLr{3, 0.7},
                     optim::LrWarmup{0.1, 9},
                     kernels::Precision::kBf16,
                     0.125,
                     optim::Ema{0.9, true},
                     optim::ClassWeights{{1, 0.5, 0, 2, 1.0 / 3}},
                     optim::MixUp{0.2}};
  recipe.seed = 9'223'372'036'854'775'807U;
  return recipe;
}

TEST(Write, EveryFieldComesBack) {
  const Recipe recipe = everything();
  const std::string toml = to_toml(recipe);
  const Recipe again = parse(toml, "x.toml");
  EXPECT_EQ(again.name, recipe.name);
  EXPECT_EQ(again.title, recipe.title);
  EXPECT_EQ(again.targets, recipe.targets);
  EXPECT_EQ(again.model, recipe.model);
  EXPECT_EQ(again, recipe) << toml;
}

void expect_comes_back(const optim::Training& training) {
  Recipe recipe = everything();
  recipe.training = training;
  const std::string toml = to_toml(recipe);
  EXPECT_EQ(parse(toml, "x.toml"), recipe) << toml;
}

// What a schedule sets is not written, so it comes back as the default.
TEST(Write, EveryOptimiserAndScheduleComesBack) {
  using namespace optim;
  for (const Optimizer& optimizer : rung::testing::every_optimizer())
    expect_comes_back({.optimizer = optimizer, .lr_scheduler = ConstantLr{}});
  for (const LrScheduler& schedule : rung::testing::every_lr_scheduler())
    expect_comes_back({.optimizer = Sgd{.weight_decay = 0.5}, .lr_scheduler = schedule});
}

TEST(Write, WhatAScheduleSetsIsNotWritten) {
  using namespace optim;
  const Sgd scheduled{.weight_decay = 0.5, .nesterov = true};
  expect_comes_back({.optimizer = scheduled, .lr_scheduler = OneCycleLr{.max_lr = 0.1}});
  expect_comes_back({.optimizer = scheduled, .lr_scheduler = CyclicLr{.base_lr = 0.1, .max_lr = 0.2}});
  expect_comes_back({.optimizer = Sgd{.momentum = 0.9},
                     .lr_scheduler = OneCycleLr{.max_lr = 0.1, .cycle_momentum = false}});
  expect_comes_back(
      {.optimizer = Sgd{.momentum = 0.5},
       .lr_scheduler = CyclicLr{0.1, 0.2, 30, 40, CyclicLr::Mode::kExpRange, 0.99, false, 0.1, 0.2}});
}

TEST(Write, RoundingComesBack) {
  optim::Training training = everything().training;
  training.ema.reset();
  training.quantize = optim::Quantize{.weight_bits = 4};
  expect_comes_back(training);
}

TEST(Write, LengthsThatFollowTheTrainingComeBack) {
  using namespace optim;
  expect_comes_back(
      {.optimizer = Sgd{}, .lr_scheduler = CosineAnnealingLr{}, .lr_warmup = LrWarmup{.epochs = 1.5}});
}

TEST(Write, EveryLayerComesBack) {
  Recipe recipe = everything();
  for (const nn::LayerSpec& layer : rung::testing::every_layer()) {
    recipe.model = rung::testing::model_with(layer);
    recipe.training.class_weights.reset();
    const std::string toml = to_toml(recipe);
    EXPECT_EQ(parse(toml, "x.toml"), recipe) << toml;
  }
}

// So that a run's recipe keeps the text that its checkpoints are bound to when recipes gain features.
TEST(Write, WhatIsOffIsNotWritten) {
  const std::string toml = to_toml(ladder("step5"));
  for (const char* key : {"precision", "label_smoothing", "class_weights", "mixup", "distill", "ema",
                          "quantize", "lr_warmup", "validation", "split_seed", "\ntest ="})
    EXPECT_EQ(toml.find(key), std::string::npos) << key;
}

TEST(Write, TeachersComeBack) {
  Recipe recipe = ladder("step1");
  recipe.training.distill = optim::Distill{{{"best10k", ""}}, 4, 0.5};
  std::string toml = to_toml(recipe);
  EXPECT_NE(toml.find("\n[distill]\nteacher = \"best10k\"\ntemperature = 4\nweight = 0.5\n"),
            std::string::npos)
      << toml;
  EXPECT_EQ(parse(toml, "x.toml"), recipe);
  recipe.training.distill =
      optim::Distill{{{"/a", std::string(64, 'a')}, {"/b", std::string(64, '0')}}, 1.5, 1};
  EXPECT_EQ(parse(to_toml(recipe), "x.toml"), recipe);
}

TEST(Write, PrecisionIsAWord) {
  Recipe recipe = ladder("step1");
  recipe.training.precision = kernels::Precision::kBf16;
  const std::string toml = to_toml(recipe);
  EXPECT_NE(toml.find("\nprecision = \"bf16\"\n"), std::string::npos) << toml;
  EXPECT_EQ(parse(toml, "x.toml"), recipe);
}

TEST(Write, BalancedClassWeightsStayAWord) {
  Recipe recipe = ladder("step1");
  recipe.training.class_weights = optim::ClassWeights{};
  const std::string toml = to_toml(recipe);
  EXPECT_NE(toml.find("\nclass_weights = \"balanced\"\n"), std::string::npos) << toml;
  EXPECT_EQ(parse(toml, "x.toml"), recipe);
}

// The averaged weights get statistics of their own, unless a recipe asks for PyTorch's default.
TEST(Ema, AveragesBuffersByDefault) {
  const std::string toml = to_toml(ladder("step1"));
  EXPECT_TRUE(parse(toml + "\n[ema]\n", "x.toml").training.ema->use_buffers);
  EXPECT_FALSE(parse(toml + "\n[ema]\nuse_buffers = false\n", "x.toml").training.ema->use_buffers);
}

// Version 0.1 knew neither its data nor its epochs; what it wrote stays the text that checkpoints are bound
// to.
TEST(Reference, MayLeaveOutDataAndEpochs) {
  Recipe recipe = ladder("step1");
  EXPECT_EQ(recipe.reference->dataset, "mnist");
  EXPECT_EQ(recipe.reference->epochs, 16);
  recipe.reference->dataset.clear();
  recipe.reference->epochs = 0;
  const std::string toml = to_toml(recipe);
  const std::string table =
      toml.substr(toml.find("[reference]"), toml.find("[dataset]") - toml.find("[reference]"));
  EXPECT_EQ(table.find("dataset"), std::string::npos) << table;
  EXPECT_EQ(table.find("epochs"), std::string::npos) << table;
  EXPECT_EQ(parse(toml, "x.toml"), recipe);
}

// [dataset] of a model that takes images of 8 x 8 pixels.
Recipe with_dataset(const std::string& keys) {
  return parse("title = \"t\"\n[dataset]\n" + keys +
                   "\n[model]\ninput = [1, 8, 8]\nclasses = 2\nlayers = [{ type = \"conv2d\", out_channels = "
                   "2, kernel_size = 8 }]\n[training]\nepochs = 1\n[optimizer]\ntype = \"sgd\"\n",
               "x.toml");
}

TEST(Dataset, DefaultsAreTheRegisteredOnesOrAFoldersOwn) {
  const Recipe known = parse(with("\"mnist\"", "\"fashion_mnist\""), "x.toml");
  EXPECT_EQ(known.dataset.mean, 0.2860);
  EXPECT_EQ(known.dataset.std, 0.3530);
  EXPECT_EQ(known.dataset.validation_split, data::ValidationSplit::kLast);
  const Recipe folder = with_dataset("name = \"./own\"");
  EXPECT_EQ(folder.dataset.mean, std::nullopt);
  EXPECT_EQ(folder.dataset.std, std::nullopt);
  EXPECT_EQ(folder.dataset.validation_split, data::ValidationSplit::kStratified);
  EXPECT_EQ(with_dataset("name = \"./own\"\nmean = 0.5\nstd = \"auto\"").dataset.mean, 0.5);
}

TEST(Dataset, EveryWayToSplitComesBack) {
  for (const char* keys :
       {"validation = 0.25", "validation = 9\nvalidation_split = \"last\"", "validation_split = \"last\"",
        "test = 0.2", "test = 20\nvalidation = 0.1\nsplit_seed = 7", "split_seed = 8", ""}) {
    const Recipe recipe = with_dataset("name = \"./own\"\n" + std::string(keys));
    EXPECT_EQ(parse(to_toml(recipe), "x.toml"), recipe) << to_toml(recipe);
  }
  const data::DatasetSpec spec =
      with_dataset("name = \"./own\"\nvalidation = 0.25\ntest = 20\nsplit_seed = 7").dataset;
  EXPECT_EQ(spec.validation, data::Portion::of(0.25));
  EXPECT_EQ(spec.test, data::Portion(20));
  EXPECT_EQ(spec.split_seed, 7);
  const std::string toml = to_toml(with_dataset("name = \"./own\"\nvalidation = 0.25"));
  EXPECT_THAT(toml, ::testing::HasSubstr("mean = \"auto\"\nstd = \"auto\"\nvalidation = 0.25\n"
                                         "validation_split = \"stratified\"\nsplit_seed = 0\n"));
}

// A run's recipe names no place that depends on the current folder.
TEST(Load, AFolderIsSeenFromTheRecipe) {
  const auto root = std::filesystem::weakly_canonical(::testing::TempDir()) / "rung-seen-from";
  std::filesystem::create_directories(root / "recipes");
  const auto file = root / "recipes" / "own.toml";
  const auto loaded = [&](const std::string& name) {
    replace_file(file, to_toml(with_dataset("name = \"" + name + "\"")));
    return load(file).dataset.name;
  };
  EXPECT_EQ(loaded("./own"), (root / "recipes" / "own").string());
  EXPECT_EQ(loaded("../data/own/"), (root / "data" / "own").string());
  EXPECT_EQ(loaded("/elsewhere/own"), "/elsewhere/own");
  replace_file(file, to_toml(with_dataset("name = \"./own\"")));
  EXPECT_EQ(load_stored(file).dataset.name, "./own");
  Recipe referring = with_dataset("name = \"./own\"");
  referring.reference = Reference{"they", 1, 2, 3, 4, "./own", 0};
  replace_file(file, to_toml(referring));
  EXPECT_EQ(load(file).reference->dataset, load(file).dataset.name);
  replace_file(file, to_toml(with_dataset("name = \"./own\"")));
  const std::vector<Setting> other = {{"dataset.name", "./other"}};
  EXPECT_EQ(with_settings(load(file), other).dataset.name,
            (std::filesystem::current_path() / "other").string());
  std::filesystem::remove_all(root);
}

TEST(WithoutValidation, TrainsOnAllAndDropsItsTargets) {
  const Recipe recipe = without_validation(everything());
  EXPECT_EQ(recipe.dataset.validation, 0);
  EXPECT_EQ(recipe.targets.size(), everything().targets.size() - 4);
  EXPECT_EQ(parse(to_toml(recipe), "x.toml"), recipe);
}

TEST(Write, RefusesASeedThatTomlCannotHold) {
  Recipe recipe = everything();
  ++recipe.seed;
  EXPECT_THROW(to_toml(recipe), UsageError);
}

TEST(Write, TheLargestModelFitsTheLimit) {
  Recipe recipe = everything();
  recipe.model.layers.assign(
      kMaxLayers, nn::Conv2d{65536, {4096, 4095}, {4096, 4095}, {4096, 4095}, {4096, 4095}, 65536, false});
  EXPECT_LT(to_toml(recipe).size(), kMaxFileBytes);
}

// ---- mistakes

struct Bad {
  std::string toml;
  uint32_t line, column;
  std::string message;
  std::string hint = "";
};

class RecipeErrors : public ::testing::TestWithParam<Bad> {};

TEST_P(RecipeErrors, SayWhereAndWhat) {
  const Bad& bad = GetParam();
  try {
    parse_text(bad.toml);
    FAIL() << "accepted; expected: " << bad.message;
  } catch (const RecipeError& error) {
    const std::string place =
        "recipes/r.toml:" + std::to_string(bad.line) + ":" + std::to_string(bad.column) + ": ";
    EXPECT_EQ(error.line, bad.line);
    EXPECT_EQ(error.column, bad.column);
    EXPECT_THAT(error.what(), ::testing::StartsWith(place + bad.message));
    EXPECT_EQ(error.hint(), bad.hint);
  }
}

// A layer on line 6, whose table opens in column 3.
Bad bad_layer(std::string_view layer, uint32_t column, const std::string& message,
              const std::string& hint = "") {
  return {with("{ stage = \"s\", out_channels = 10 }", layer), 6, column, message, hint};
}

std::string augmented(std::string_view body) {
  return with_end("[[augment]]\n" + std::string(body));
}
std::string targeted(std::string_view body) {
  return with_end("[[targets]]\n" + std::string(body));
}
std::string scheduled(std::string_view body) {
  return with_end("[lr_scheduler]\n" + std::string(body));
}
std::string trained(std::string_view body) {
  return with_end(std::string(body));
}  // in [optimizer]

std::string deep_key(std::string_view dots) {
  std::string key = "a";
  for (int part = 1; part < 100'000; ++part) key += std::string(dots) + "a";
  return key;
}

const std::vector<Bad> kTopLevel = {
    {with("title = \"t\"", "title = "), 1, 9, "Error while parsing"},
    {with("title = \"t\"", "title = \"t\"\ntitle = \"u\""), 2, 9, "Error while parsing"},
    {with("title = \"t\"", "titel = \"t\""), 1, 1,
     "unknown key `titel`; allowed here: name, title, description", "did you mean `title`?"},
    {with("title", "zz = 1\naa = 1\ntitle"), 1, 1, "unknown key `zz`"},
    {with("title", "aa = 1\nzz = 1\ntitle"), 1, 1, "unknown key `aa`"},
    {with("title = \"t\"\n", ""), 1, 1, "title: missing; expected text"},
    {with("\"t\"", "1979-05-27"), 1, 9,
     "title: expected text without control characters, found a date or time"},
    {with("\"t\"", "\"\\u001b[31m\""), 1, 9,
     "title: expected text without control characters, found \"\\x1b[31m\""},
    {with("\"t\"", "\"\\u009b31m\""), 1, 9,
     "title: expected text without control characters, found \"\\xc2\\x9b31m\""},
    {with("\"t\"", "\"two\\nlines\""), 1, 9,
     "title: expected text without control characters, found \"two\\x0alines\""},
    {with("title", "description = \"\\u0007\"\ntitle"), 1, 15, "description: expected text without control"},
    {with("title", "\"\\u001b\" = 1\ntitle"), 1, 1, "unknown key `\\x1b`; allowed here: name, "},
    {with("title", "name = \"a/b\"\ntitle"), 1, 8,
     "name: expected a name of at most 100 bytes without slashes"},
    {with("title", "name = \"..\"\ntitle"), 1, 8,
     "name: expected a name of at most 100 bytes without slashes"},
    {with("title", "seed = -1\ntitle"), 1, 8,
     "seed: expected an integer from 0 to 9223372036854775807, found -1"},
    {with("title", "seed = 1.0\ntitle"), 1, 8,
     "seed: expected an integer from 0 to 9223372036854775807, found 1.0"},
    {with("title", "dataset.nam = 1\ntitle"), 3, 1, "Error while parsing"},
    {with("[training]\nepochs = 1\n", ""), 1, 1, "training: missing; expected a table"},
    {with("title", "targets = 3\ntitle"), 1, 11, "targets: expected an array of tables, found 3"},
    {with("title", "augment = {}\ntitle"), 1, 11, "augment: expected an array of tables, found a table",
     "write [[augment]]"},
    {with("title", "targets = [3]\ntitle"), 1, 12, "targets[0]: expected a table, found 3"},
    {with("title", deep_key(".") + " = 1\ntitle"), 1, 32, "a key has more than 16 parts"},
    {with("title", deep_key(" . ") + " = 1\ntitle"), 1, 63, "a key has more than 16 parts"},
    {with("title", "x = ['''é\n'''', {" + deep_key(".\"é\".") + " = 1}]\ntitle"), 2, 55,
     "a key has more than 16"},
};

const std::vector<Bad> kTargets = {
    {targeted("metric = \"parms\"\nbelow = 1"), 16, 10,
     "targets[0].metric: expected one of params, best_test_accuracy, final_test_accuracy, "
     "mean_last3_test_accuracy, overfitting_gap, train_seconds, best_validation_accuracy, "
     "final_validation_accuracy, test_accuracy_at_best_validation, final_balanced_test_accuracy, "
     "final_balanced_validation_accuracy, flash_bytes, ram_bytes, found \"parms\"",
     "did you mean `params`?"},
    {targeted("below = 1"), 15, 1, "targets[0].metric: missing; expected one of params"},
    {targeted("metric = \"params\""), 15, 1,
     "targets[0]: no bound; expected one of below, at_most, above, at_least"},
    {targeted("metric = \"params\"\nbelow = 1\nabove = 0"), 18, 9,
     "targets[0].above: the target has a bound already, `below`"},
    {targeted("metric = \"params\"\nbelow = -1"), 17, 9,
     "targets[0].below: expected a number of at least 0, found -1"},
    {targeted("metric = \"best_test_accuracy\"\nabove = 100.5"), 17, 9,
     "targets[0].above: expected a number of at least 0 and at most 100, found 100.5"},
    {targeted("metric = \"params\"\nbelow = \"last\""), 17, 9,
     "targets[0].below: expected a number of at least 0 or \"previous\""},
    {targeted("metric = \"params\"\nbelow = nan"), 17, 9,
     "targets[0].below: expected a number of at least 0, found nan"},
    {targeted("metric = \"params\"\natleast = 1"), 17, 1,
     "unknown key `targets[0].atleast`; allowed here: metric, ", "did you mean `at_least`?"},
    {targeted("metric = \"best_validation_accuracy\"\nabove = 1"), 16, 10,
     "targets[0].metric: there is no validation split", "add validation = 10_000 to [dataset]"},
    {targeted("metric = \"flash_bytes\"\nbelow = 1"), 15, 1,
     "targets[0].chip: missing; expected one of cortex-m0, "},
    {targeted("metric = \"flash_bytes\"\nbelow = 1\nchip = \"cortex-m\""), 18, 8,
     "targets[0].chip: expected one of cortex-m0, cortex-m3, cortex-m4, cortex-m7, cortex-m33, cortex-m55, "
     "rv32imc, avr, found \"cortex-m\"",
     "did you mean `cortex-m0`?"},
    {targeted("metric = \"ram_bytes\"\nbelow = \"previous\"\nchip = \"avr\""), 17, 9,
     "targets[0].below: expected a number of at least 0, found \"previous\""},
    {targeted("metric = \"params\"\nbelow = 1\nchip = \"avr\""), 18, 8,
     "targets[0].chip: params does not depend on a chip"},
    {targeted("metric = \"params\"\nbelow = 1\ntext = \"\\u001b\""), 18, 8, "targets[0].text: expected text"},
};

const std::vector<Bad> kData = {
    {with("name = \"mnist\"", "name = \"\""), 3, 8,
     "dataset.name: expected a dataset's name or a folder's path"},
    {with("name = \"mnist\"", "std = 0"), 3, 7,
     "dataset.std: expected a number of at least 1e-06 and at most 1000000, found 0"},
    {with("name = \"mnist\"", "mean = inf"), 3, 8,
     "dataset.mean: expected a number of at least -1000000 and at most 1000000, found inf"},
    {with("name = \"mnist\"", "nmae = 1"), 3, 1,
     "unknown key `dataset.nmae`; allowed here: name, mean, std, validation, validation_split, test, "
     "split_seed, class_names",
     "did you mean `name`?"},
    {with("name = \"mnist\"", "class_names = [\"a\", 2]"), 3, 21,
     "dataset.class_names: expected an array of 1 to 1000 texts, found 2"},
    {with("name = \"mnist\"", "class_names = [\"a\", \"a\"]"), 3, 15,
     "dataset.class_names: two classes are called a"},
    {with("name = \"mnist\"", "class_names = [\"a\", \"\"]"), 3, 15,
     "dataset.class_names: a class has an empty name"},
    {with("name = \"mnist\"",
          "class_names = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\", \"k\"]"),
     3, 15, "dataset.class_names: 11 names, but the model has 10 classes"},
    {with("name = \"mnist\"", "validation = 0"), 3, 14,
     "dataset.validation: expected an integer from 1 to 1000000000, found 0"},
    {with("name = \"mnist\"", "validation = 1.5"), 3, 14,
     "dataset.validation: expected an integer from 1 to 1000000000, found 1.5"},
    {with("name = \"mnist\"", "validation_split = \"first\""), 3, 20,
     "dataset.validation_split: expected one of last, stratified, found \"first\""},
    {with("name = \"mnist\"", "test = 0.2"), 3, 8,
     "dataset.test: the dataset \"mnist\" has test images of its own", "leave `test` out"},
    {with("name = \"mnist\"", "mean = \"measured\""), 3, 8,
     "dataset.mean: expected \"auto\" or a number of at least -1000000 and at most 1000000"},
    {with("name = \"mnist\"", "split_seed = -1"), 3, 14, "dataset.split_seed: expected an integer from 0 to"},
    {with("name = \"mnist\"", "validatoin = 9"), 3, 1, "unknown key `dataset.validatoin`",
     "did you mean `validation`?"},
    {with("\"mnist\"", "\"minst\""), 3, 8, "dataset.name: unknown dataset 'minst'; did you mean 'mnist'?",
     "`rung data list` has the known datasets; a name with a '/' is a folder of IDX files of your own"},
    {with("\"mnist\"", "\"./minst\""), 4, 1,
     "model.input: missing; expected [channels, height, width] of the images in ./minst"},
    {augmented("type = \"random_rotate\"\n"), 16, 8,
     "augment[0].type: expected one of color_jitter, random_rotation, ", "did you mean `random_rotation`?"},
    {augmented("type = \"random_rotation\"\n"), 15, 1,
     "augment[0].degrees: missing; expected a number of at least 0 and at most 360"},
    {augmented("type = \"random_rotation\"\ndegrees = 361"), 17, 11, "augment[0].degrees: expected a number"},
    {augmented("type = \"random_rotation\"\ndegrees = 1\nfill = 256"), 18, 8,
     "augment[0].fill: expected an integer from 0 to 255, found 256"},
    {augmented("type = \"random_affine\""), 15, 1, "augment[0].degrees: missing; expected a number"},
    {augmented("type = \"random_affine\"\ndegrees = 0\ntranslate = [0.1, 2]"), 18, 19,
     "augment[0].translate: expected an array of 2 numbers, each a number of at least 0 and at most 1, found "
     "2"},
    {augmented("type = \"random_affine\"\ndegrees = 0\nscale = [1.1, 0.9]"), 18, 9,
     "augment[0].scale: expected the smaller number first"},
    {augmented("type = \"random_affine\"\ndegrees = 0\nscale = 2"), 18, 9,
     "augment[0].scale: expected an array of 2 numbers, each a number of at least 0.01 and at most 100, "
     "found 2"},
    {augmented("type = \"random_affine\"\ndegrees = 0\nshear = 90"), 18, 9,
     "augment[0].shear: expected a number of at least 0 and at most 80, found 90"},
    {augmented("type = \"random_affine\"\ndegrees = 0\nshear = [1, 2, 3]"), 18, 9,
     "augment[0].shear: expected a number, or an array of 2 or 4 numbers"},
    {augmented("type = \"random_affine\"\ndegrees = 0\nshear = [1, 2, 4, 3]"), 18, 9,
     "augment[0].shear: expected the smaller number first"},
    {augmented("type = \"random_affine\"\ndegrees = 0\ninterpolation = \"bicubic\""), 18, 17,
     "augment[0].interpolation: expected one of nearest, bilinear, found \"bicubic\""},
    {augmented("type = \"elastic_transform\"\nsigma = -1"), 17, 9,
     "augment[0].sigma: expected a number of at least 0"},
    {augmented("type = \"random_perspective\"\ndistortion_scale = 1.5"), 17, 20,
     "augment[0].distortion_scale: expected a number of at least 0 and at most 1, found 1.5"},
    {augmented("type = \"gaussian_blur\""), 15, 1, "augment[0].kernel_size: missing; expected "},
    {augmented("type = \"gaussian_blur\"\nkernel_size = [3, 4]"), 17, 15,
     "augment[0].kernel_size: expected an odd size"},
    {augmented("type = \"gaussian_blur\"\nkernel_size = 3\nsigma = [0, 1]"), 18, 10,
     "augment[0].sigma: expected an array of 2 numbers, each a number of at least 0.01 and at most 1000, "
     "found "},
    {augmented("type = \"gaussian_blur\"\nkernel_size = [55, 57]"), 17, 15,
     "augment[0].kernel_size: half of the kernel must be less than the image's side; the kernel is 55 "
     "across and 57 down, the image 28 and 28"},
    {augmented("type = \"random_crop\""), 15, 1,
     "augment[0].padding: missing; expected an integer from 1 to 4096"},
    {augmented("type = \"random_erasing\"\np = 1.5"), 17, 5, "augment[0].p: expected a number of at least 0"},
    {augmented("type = \"random_erasing\"\nratio = [0, 1]"), 17, 10,
     "augment[0].ratio: expected an array of 2"},
    {augmented("type = \"random_erasing\"\n[[augment]]\ntype = \"random_crop\"\npadding = 1"), 18, 8,
     "augment[1].type: must stand before random_erasing, which works on the normalised image"},
    {augmented("type = \"color_jitter\"\nhue = 0.6"), 17, 7,
     "augment[0].hue: expected a number of at least 0 and at most 0.5, found 0.6"},
    {augmented("type = \"color_jitter\"\ncontrast = -0.1"), 17, 12,
     "augment[0].contrast: expected a number of at least 0, found -0.1"},
    {augmented("type = \"color_jitter\"\nbrightness = \"0.1\""), 17, 14,
     "augment[0].brightness: expected a number of at least 0, found \"0.1\""},
};

const std::vector<Bad> kModel = {
    {with("[model]\n", "[model]\ninput = [3, 28, 28]\n"), 5, 9,
     "model.input: the dataset \"mnist\" has images of [1, 28, 28] and 10 classes", "leave `input` out"},
    {with("[model]\n", "[model]\ninput = [1, 28]\n"), 5, 9, "model.input: expected an array of 3 integers"},
    {with("[model]\n", "[model]\ninput = [1, 28, 0]\n"), 5, 17,
     "model.input: expected an array of 3 integers"},
    {with("[model]\n", "[model]\nclasses = 9\n"), 5, 11, "model.classes: the dataset \"mnist\" has images of",
     "leave `classes` out"},
    {with("[model]\n", "[model]\nlayer = 9\n"), 5, 1,
     "unknown key `model.layer`; allowed here: input, classes, layers, stages", "did you mean `layers`?"},
    {with("layers = [\n", "layers = [\n 3,\n"), 6, 2, "model.layers[0]: expected a table, found 3"},
    {with("\ns = [", "\ns2 = ["), 6, 13, "model.layers[0].stage: expected one of s2, found \"s\"",
     "did you mean `s2`?"},
    {with("\ns = [", "\nt = []\ns = ["), 10, 5, "model.stages.t: a stage needs at least one layer"},
    {with("\ns = [", "\nt = [{ type = \"relu\" }]\ns = ["), 10, 5, "model.stages.t: no layer uses this stage",
     "use it, or take it out"},
    {with("{ type = \"relu\" }", "{ type = \"relu\", p = 1 }"), 10, 61,
     "unknown key `model.stages.s[1].p`; allowed here: type"},
    {with("{ type = \"relu\" }", "{ type = \"dropout\", p = 1 }"), 10, 68,
     "model.stages.s[1].p: expected a number of at least 0 and at most 0.99, found 1"},
    {with("kernel_size = 3", "kernel_size = 0"), 10, 39,
     "model.stages.s[0].kernel_size: expected an integer from 1 to 4096, or an array of 2 integers from 1 to "
     "4096, "
     "found 0"},
    {with("adaptive_avg_pool2d\", output_size = 1", "max_pool2d\", kernel_size = 27"), 7, 3,
     "model.layers[1]: layer 2 (max_pool2d): the 27×27 kernel is larger than its 26×26 input"},
    {with("adaptive_avg_pool2d\", output_size = 1", "relu\""), 5, 10,
     "model.layers: the model ends in [10, 26, 26], but 10 classes need [10, 1, 1]"},
};

const std::vector<Bad> kLayers = {
    bad_layer("{ stage = \"s\" }", 3,
              "model.layers[0].out_channels: missing; expected an integer from 1 to 65536"),
    bad_layer(
        "{ stage = \"s\", out_channels = 0 }", 33,
        "model.layers[0].out_channels: expected an integer from 1 to 65536, or \"in_channels\", found 0"),
    bad_layer(
        "{ stage = \"s\", outchannels = 10 }", 18,
        "unknown key `model.layers[0].outchannels`; allowed here: stage, repeat, out_channels, kernel_size, "
        "stride, padding, dilation, groups, bias",
        "did you mean `out_channels`?"),
    bad_layer("{ stage = \"s\", out_channels = \"inchannels\" }", 33,
              "model.layers[0].out_channels: expected an integer from 1 to 65536, or \"in_channels\", found "
              "\"inchannels\"",
              "did you mean `in_channels`?"),
    bad_layer(
        "{ type = \"max_pool2d\", kernel_size = 29 }, { stage = \"s\", out_channels = \"in_channels\" }", 3,
        "model.layers[0]: layer 0 (max_pool2d): the 29×29 kernel is larger than its 28×28 input"),
    bad_layer("{ stage = \"s\", out_channels = 10, repeat = 0 }", 46,
              "model.layers[0].repeat: expected an integer from 1 to 1000, found 0"),
    bad_layer("{ stage = \"s\", out_channels = 10, repeat = 1001 }", 46,
              "model.layers[0].repeat: expected an integer from 1 to 1000, found 1001"),
    bad_layer("{ stage = \"s\", type = \"relu\", out_channels = 10 }", 25,
              "model.layers[0].type: a layer has either a `type` or a `stage`"),
    bad_layer("{ stage = \"s\", out_channels = 10, kernel_size = 29 }", 3,
              "model.layers[0]: layer 0 (conv2d): the 29×29 kernel is larger than its 28×28 input"),
    bad_layer("{ stage = \"s\", out_channels = 10, repeat = 20 }", 3,
              "model.layers[0]: layer 26 (conv2d): the 3×3 kernel is larger than its 2×2 input"),
    bad_layer("{ type = \"conv\", out_channels = 10 }", 12,
              "model.layers[0].type: expected one of conv2d, batch_norm2d, ", "did you mean `conv2d`?"),
    bad_layer("{ type = \"BatchNorm2d\" }", 12, "model.layers[0].type: expected one of",
              "did you mean `batch_norm2d`?"),
    bad_layer("{ out_channels = 10 }", 3, "model.layers[0]: expected a `type` or a `stage`"),
    bad_layer("{ type = 2 }", 12, "model.layers[0].type: expected one of conv2d"),
    bad_layer("{ type = \"conv2d\", in_channels = 1, out_channels = 10, kernel_size = 3 }", 22,
              "unknown key `model.layers[0].in_channels`",
              "leave `in_channels` out: it follows from the layer before"),
    bad_layer("{ type = \"conv2d\", out_channels = 10, kernel_size = [3] }", 55,
              "model.layers[0].kernel_size: expected an integer from 1 to 4096, or an array of 2 integers "
              "from 1 to "
              "4096, found an array of 1"),
    bad_layer("{ type = \"conv2d\", out_channels = 10, kernel_size = [3, 2.5] }", 59,
              "model.layers[0].kernel_size: expected an integer from 1 to 4096, or an array of 2 integers "
              "from 1 to "
              "4096, found 2.5"),
    bad_layer("{ type = \"conv2d\", out_channels = 10, kernel_size = 3, bias = 0 }", 65,
              "model.layers[0].bias: expected true or false, found 0"),
    bad_layer("{ type = \"conv2d\", out_channels = 10, kernel_size = 3, padding = -1 }", 68,
              "model.layers[0].padding: expected an integer from 0 to 4096"),
    bad_layer("{ type = \"conv2d\", out_channels = 10, kernel_size = 3, dilation = [2, 0] }", 73,
              "model.layers[0].dilation: expected an integer from 1 to 4096"),
    bad_layer(
        "{ type = \"conv2d\", out_channels = 10, kernel_size = 3, dilation = 14 }", 3,
        "model.layers[0]: layer 0 (conv2d): the 3×3 kernel, 29×29 with its dilation, is larger than its "
        "28×28 input"),
    bad_layer("{ type = \"conv2d\", out_channels = 10, kernel_size = 3, groups = 3 }", 3,
              "model.layers[0]: layer 0 (conv2d): 3 groups do not divide 1 input and 10 output channels"),
    bad_layer(
        "{ type = \"max_pool2d\", kernel_size = 3, padding = 2 }", 3,
        "model.layers[0]: layer 0 (max_pool2d): padding must be at most half of its 3×3 kernel, not 2×2"),
    bad_layer("{ type = \"batch_norm2d\", eps = 0 }", 34, "model.layers[0].eps: expected a number above 0"),
    bad_layer("{ type = \"batch_norm2d\", momentum = 2 }", 39, "model.layers[0].momentum: expected a number"),
    bad_layer("{ type = \"adaptive_avg_pool2d\", output_size = 0 }", 49,
              "model.layers[0].output_size: expected an integer from 1 to 4096"),
    bad_layer("{ type = \"linear\", out_features = 10 }", 3,
              "model.layers[0]: layer 0 (linear): its input [1, 28, 28] is not a list of features",
              "put a `flatten` layer before it"),
};

const std::vector<Bad> kTraining = {
    {with("epochs = 1\n", ""), 11, 1, "training.epochs: missing; expected an integer from 1 to 100000"},
    {with("epochs = 1", "epochs = 0"), 12, 10,
     "training.epochs: expected an integer from 1 to 100000, found 0"},
    {with("epochs = 1", "epochs = 1\nbatch_size = 65537"), 13, 14,
     "training.batch_size: expected an integer from 1 to 65536, found 65537"},
    {with_end("[distill]\nteacher = []"), 16, 11,
     "distill.teacher: expected an array of 1 to 1000 texts, found an array of 0"},
    {with_end("[distill]\nweight = 1"), 15, 1, "distill.teacher: missing"},
    {with_end("[distill]\nteacher = \"a\"\ntemperature = 0"), 17, 15,
     "distill.temperature: expected a number of at least 0.01 and at most 1000, found 0"},
    {with_end("[distill]\nteacher = \"a\"\nweights_sha256 = \"12\""), 17, 18,
     "distill.weights_sha256: expected 64 hexadecimal digits for each teacher"},
    {with_end("[mixup]\nalpha = 0"), 16, 9,
     "mixup.alpha: expected a number of at least 0.01 and at most 1000"},
    {with("epochs = 1", "epochs = 1\nlabel_smoothing = 1"), 13, 19,
     "training.label_smoothing: expected a number of at least 0 and below 1, found 1"},
    {with("epochs = 1", "epochs = 1\nprecision = \"half\""), 13, 13,
     "training.precision: expected one of float32, bf16, found \"half\""},
    {with("epochs = 1", "epochs = 1\nclass_weights = \"even\""), 13, 17,
     "training.class_weights: expected \"balanced\" or an array with a number for each class"},
    {with("epochs = 1", "epochs = 1\nclass_weights = [1, 2]"), 13, 17,
     "training.class_weights: expected a number for each of the model's 10 classes, found 2"},
    {with("epochs = 1", "epochs = 1\nclass_weights = [1, -1]"), 13, 21,
     "training.class_weights: expected an array of 2 numbers, each a number of at least 0 and at most "
     "1000000, "
     "found -1"},
    {with("epochs = 1", "epochs = 1\nclass_weights = [0, 0]"), 13, 17,
     "training.class_weights: at least one weight must be above 0"},
    {with("epochs = 1", "epochs = 1\nclass_weights = []"), 13, 17,
     "training.class_weights: expected an array of 1 to 1000 numbers"},
    {with("epochs = 1", "epochs = 1\nlabel_smooth = 0.1"), 13, 1, "unknown key `training.label_smooth`",
     "did you mean `label_smoothing`?"},
    {with("\"sgd\"", "\"adamv\""), 14, 8, "optimizer.type: expected one of sgd, adam, ",
     "did you mean `adam`?"},
    {with("\"sgd\"", "\"adam\"\nmomentum = 0.9"), 15, 1,
     "unknown key `optimizer.momentum`; allowed here: type, lr, betas, eps, weight_decay"},
    {with("\"sgd\"", "\"adam\"\nbetas = [0.9]"), 15, 9,
     "optimizer.betas: expected an array of 2 numbers, each a number of at least 0 and below 1, found an "
     "array of 1"},
    {with("\"sgd\"", "\"adamw\"\nbetas = [0.9, 1]"), 15, 15,
     "optimizer.betas: expected an array of 2 numbers, each a number of at least 0 and below 1, found 1"},
    {with("\"sgd\"", "\"adamw\"\neps = 0"), 15, 7, "optimizer.eps: expected a number of at least 1e-30"},
    {trained("[ema]\ndecay = 1"), 16, 9, "ema.decay: expected a number of at least 0 and below 1, found 1"},
    {trained("[ema]\nuse_buffer = true"), 16, 1, "unknown key `ema.use_buffer`",
     "did you mean `use_buffers`?"},
    {trained("[quantize]\nweight_bits = 3"), 16, 15, "quantize.weight_bits: expected 8, 4 or 2"},
    {trained("[quantize]\nweight_bits = 4\n[ema]"), 15, 1,
     "quantize: cannot be given together with [ema]: an average of rounded weights is not rounded",
     "leave one of them out"},
    {trained("[lr_warmup]\nstart_factor = 0"), 16, 16,
     "lr_warmup.start_factor: expected a number above 0 and at most 1, found 0"},
    {trained("[lr_warmup]\ntotal_iters = 0"), 16, 15, "lr_warmup.total_iters: expected an integer from 1"},
    {trained("[lr_warmup]\nepochs = 0"), 16, 10,
     "lr_warmup.epochs: expected a number above 0 and at most 100000, found 0"},
    {trained("[lr_warmup]\nepochs = 1\ntotal_iters = 5"), 17, 15,
     "lr_warmup.total_iters: cannot be given together with epochs", "leave one of them out"},
    {trained("[lr_warm_up]"), 15, 2, "unknown key `lr_warm_up`", "did you mean `lr_warmup`?"},
    {trained("lr = 0"), 15, 6, "optimizer.lr: expected a number above 0 and below 1000000, found 0"},
    {trained("lr = inf"), 15, 6, "optimizer.lr: expected a number above 0 and below 1000000, found inf"},
    {trained("momentum = 1"), 15, 12,
     "optimizer.momentum: expected a number of at least 0 and below 1, found 1"},
    {trained("weight_decay = -1e-4"), 15, 16, "optimizer.weight_decay: expected a number of at least 0"},
    {trained("nesterov = true"), 15, 12, "optimizer.nesterov: needs a momentum above 0"},
    {trained("rl = 1"), 15, 1, "unknown key `optimizer.rl`", "did you mean `lr`?"},
    {trained("learning_rate = 1"), 15, 1, "unknown key `optimizer.learning_rate`; allowed here: type, lr, ",
     "did you mean `lr`?"},
    {scheduled("type = \"steplr\""), 16, 8, "lr_scheduler.type: expected one of none, step_lr, ",
     "did you mean `step_lr`?"},
    {scheduled("type = \"step_lr\""), 15, 1,
     "lr_scheduler.step_size: missing; expected an integer from 1 to 100000"},
    {scheduled("type = \"step_lr\"\nstep_size = 0"), 17, 13,
     "lr_scheduler.step_size: expected an integer from 1"},
    {scheduled("type = \"step_lr\"\nstep_size = 1\ngamma = 0"), 18, 9,
     "lr_scheduler.gamma: expected a number above 0 and at most 1000, found 0"},
    {scheduled("type = \"multi_step_lr\"\nmilestones = 3"), 17, 14,
     "lr_scheduler.milestones: expected an array of 1 to 1000 ascending integers from 1 to 100000, found 3"},
    {scheduled("type = \"multi_step_lr\"\nmilestones = []"), 17, 14, "lr_scheduler.milestones: expected"},
    {scheduled("type = \"multi_step_lr\"\nmilestones = [3, 3]"), 17, 18, "lr_scheduler.milestones: expected"},
    {scheduled("type = \"exponential_lr\""), 15, 1, "lr_scheduler.gamma: missing; expected a number above 0"},
    {scheduled("type = \"cosine_annealing_lr\"\nt_max = 0"), 17, 9,
     "lr_scheduler.t_max: expected an integer from 1 to 100000, or \"epochs\", found 0"},
    {scheduled("type = \"cosine_annealing_lr\"\nt_max = \"epoch\""), 17, 9,
     "lr_scheduler.t_max: expected an integer from 1 to 100000, or \"epochs\", found \"epoch\"",
     "did you mean `epochs`?"},
    {scheduled("type = \"one_cycle_lr\""), 15, 1, "lr_scheduler.max_lr: missing; expected a number above 0"},
    {scheduled("type = \"one_cycle_lr\"\nmax_lr = 1\nanneal_strategy = \"cosine\""), 18, 19,
     "lr_scheduler.anneal_strategy: expected one of cos, linear, found \"cosine\""},
    {scheduled("type = \"one_cycle_lr\"\nmax_lr = 1\npct_start = 1.5"), 18, 13,
     "lr_scheduler.pct_start: expected a number of at least 0 and at most 1, found 1.5"},
    {scheduled("type = \"one_cycle_lr\"\nmax_lr = 1\ndiv_factor = 0"), 18, 14,
     "lr_scheduler.div_factor: expected a number above 0"},
    {scheduled("type = \"cyclic_lr\"\nbase_lr = 0.1\nmax_lr = 1\nmode = \"triangle\""), 19, 8,
     "lr_scheduler.mode: expected one of triangular, triangular2, exp_range", "did you mean `triangular`?"},
    {scheduled("type = \"cyclic_lr\"\nbase_lr = 0.1\nmax_lr = 1\nmax_momentum = 1"), 19, 16,
     "lr_scheduler.max_momentum: expected a number of at least 0 and below 1, found 1"},
    {"lr_scheduler = { type = \"one_cycle_lr\", max_lr = 1 }\n" + trained("lr = 1"), 16, 6,
     "optimizer.lr: has no effect: this schedule sets the learning rate",
     "leave it out; max_lr of [lr_scheduler] says how high it goes"},
    {"lr_scheduler = { type = \"one_cycle_lr\", max_lr = 1 }\n" + trained("momentum = 0.9"), 16, 12,
     "optimizer.momentum: has no effect: this schedule sets the momentum",
     "leave it out, or add cycle_momentum = false to [lr_scheduler]"},
    {scheduled("type = \"none\"\ngamma = 0.1"), 17, 1,
     "unknown key `lr_scheduler.gamma`; allowed here: type"},
};

INSTANTIATE_TEST_SUITE_P(TopLevel, RecipeErrors, ::testing::ValuesIn(kTopLevel));
INSTANTIATE_TEST_SUITE_P(Targets, RecipeErrors, ::testing::ValuesIn(kTargets));
INSTANTIATE_TEST_SUITE_P(Data, RecipeErrors, ::testing::ValuesIn(kData));
INSTANTIATE_TEST_SUITE_P(Model, RecipeErrors, ::testing::ValuesIn(kModel));
INSTANTIATE_TEST_SUITE_P(Layers, RecipeErrors, ::testing::ValuesIn(kLayers));
TEST(Recipe, NamesAreUtf8) {
  const std::string name = "caf\xe9.toml";  // Latin-1
  EXPECT_THROW(parse("title = \"t\"", name), RecipeError);
}

INSTANTIATE_TEST_SUITE_P(Training, RecipeErrors, ::testing::ValuesIn(kTraining));

TEST(RecipeLimits, TenThousandLayers) {
  std::string layers = "layers = [\n";
  for (int block = 0; block < 10; ++block) layers += "{ type = \"relu\", repeat = 1000 },\n";
  try {
    parse_text(with("layers = [\n", layers));
    ADD_FAILURE() << "accepted 10,003 layers";
  } catch (const RecipeError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("r.toml:16:3: model.layers[10]: the model has more than 10000 layers"));
  }
}

// Each use looks for its stage among all of them.
TEST(RecipeLimits, AThousandStages) {
  std::string stages = "[model.stages]\n";
  for (int stage = 0; stage <= 1000; ++stage) stages += fmt::format("s{} = [{{ type = \"relu\" }}]\n", stage);
  try {
    parse_text(with("[model.stages]\n", stages));
    ADD_FAILURE() << "accepted 1,002 stages";
  } catch (const RecipeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("model.stages: the model has more than 1000 stages"));
  }
}

TEST(RecipeErrorText, HasNoControlCharacters) {
  const RecipeError error("a\x1b.toml", 1, 2, "m\x07", "h\x7f");
  EXPECT_STREQ(error.what(), "a\\x1b.toml:1:2: m\\x07");
  EXPECT_EQ(error.hint(), "h\\x7f");
}

TEST(RecipeErrorText, IsBounded) {
  try {
    parse_text(std::string(1'000'000, 'k') + " = 1\n");
    ADD_FAILURE() << "accepted an unknown key";
  } catch (const RecipeError& error) {
    EXPECT_LT(std::string(error.what()).size(), 1100U);
  }
}

// Dots in strings, comments and numbers do not separate key parts.
TEST(KeyDepth, CountsOnlyKeys) {
  const std::string dots(1000, '.');
  const std::string text = "# " + dots + "\ndescription = '''" + dots + "\n''" + dots + "''''\n";
  EXPECT_NO_THROW(parse_text(text + with("\"t\"", "\"\\\"" + dots + "\"")));
}

}  // namespace
}  // namespace rung::recipe

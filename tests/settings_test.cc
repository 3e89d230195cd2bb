// Recipes changed by the names of their keys, and the key in which two recipes differ.
#include "recipe/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "optim/lr_schedule.h"

namespace rung::recipe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Recipe small_recipe() {
  return parse(R"(
name = "small"
title = "Small"
[dataset]
name = "./discs"
[[augment]]
type = "random_rotation"
degrees = 10
[model]
input = [1, 15, 15]
classes = 5
layers = [
  { type = "conv2d", out_channels = 7, kernel_size = 3 },
  { type = "dropout", p = 0.1 },
  { type = "flatten" },
  { type = "linear", out_features = 5 },
]
[training]
epochs = 3
[optimizer]
type = "sgd"
[lr_scheduler]
type = "step_lr"
step_size = 1
)",
               "small.toml");
}

TEST(Settings, ValuesAreTomlOrWords) {
  const auto values = [](const char* text) {
    std::vector<std::string> result;
    for (const auto& setting : parse_settings(text)) result.push_back(setting.value);
    return result;
  };
  EXPECT_THAT(values("a = 1, 2.5"), ElementsAre("1", "2.5"));
  EXPECT_THAT(values("a=[1,2],'x,y',\"q\\\",\",none"), ElementsAre("[1,2]", "'x,y'", "\"q\\\",\"", "none"));
  for (const char* bad : {"a", "=1", "a=", "a=1,,2"}) EXPECT_THROW(parse_settings(bad), UsageError) << bad;
}

TEST(Settings, ChangeWhatTheyNameAndNothingElse) {
  const Recipe recipe = small_recipe();
  const auto with = [&](std::vector<Setting> settings) { return with_settings(recipe, settings); };
  Recipe expected = recipe;
  expected.training.batch_size = 7;
  std::get<nn::Dropout>(expected.model.layers[1]).p = 0.25;
  EXPECT_EQ(with({{"training.batch_size", "7"}, {"model.layers[1].p", "0.25"}}), expected);
  EXPECT_EQ(with({}), recipe);
  // The old type's options are dropped, whatever the order.
  expected = recipe;
  expected.training.lr_scheduler = optim::ConstantLr{};
  EXPECT_EQ(with({{"lr_scheduler.type", "none"}}), expected);
  const std::vector<Setting> back = {{"lr_scheduler.step_size", "4"}, {"lr_scheduler.type", "step_lr"}};
  expected.training.lr_scheduler = optim::StepLr{4, 0.1};
  EXPECT_EQ(with_settings(with({{"lr_scheduler.type", "none"}}), back), expected);
}

TEST(Settings, TargetsSayForHowManyEpochsTheyAreMeant) {
  Recipe recipe = small_recipe();
  recipe.targets = {{"good", Metric::kFinalTestAccuracy, Comparison::kAtLeast, 99.0},
                    {"small", Metric::kParams, Comparison::kBelow, 100.0},
                    {"no worse", Metric::kFinalTestAccuracy, Comparison::kAtLeast, Previous{}}};
  const auto texts = [](const Recipe& changed) {
    std::vector<std::string> all;
    for (const Target& target : changed.targets) all.push_back(target.text);
    return all;
  };
  EXPECT_EQ(with_epochs(recipe, 1), with_settings(recipe, std::vector<Setting>{{"training.epochs", "1"}}));
  EXPECT_THAT(texts(with_epochs(recipe, 1)), ElementsAre("good, meant for 3 epochs", "small", "no worse"));
  EXPECT_THAT(texts(with_epochs(with_epochs(recipe, 1), 2)).front(), "good, meant for 3 epochs");
  EXPECT_EQ(with_epochs(recipe, 3), recipe);
}

// The resolved optimizer names a learning rate, which such a schedule would overwrite.
TEST(Settings, AScheduleMayTakeOverTheRates) {
  const std::vector<Setting> cycle = {{"lr_scheduler.max_lr", "0.5"}, {"lr_scheduler.type", "one_cycle_lr"}};
  const Recipe changed = with_settings(small_recipe(), cycle);
  EXPECT_EQ(changed.training.lr_scheduler, optim::LrScheduler(optim::OneCycleLr{.max_lr = 0.5}));
  const std::vector<Setting> table = {{"lr_scheduler", R"({ type = "one_cycle_lr", max_lr = 0.5 })"}};
  EXPECT_EQ(with_settings(small_recipe(), table), changed);
  // Other settings beside it are not dropped silently.
  for (const Setting& asked :
       {Setting{"optimizer.lr", "0.1"}, Setting{"optimizer", R"({ type = "sgd", lr = 0.1 })"}}) {
    std::vector<Setting> both = cycle;
    both.push_back(asked);
    EXPECT_THROW(with_settings(small_recipe(), both), UsageError) << asked.key;
  }
  Recipe own_momentum = small_recipe();
  own_momentum.training.optimizer = optim::Sgd{.momentum = 0.5};
  const std::vector<Setting> cyclic = {{"lr_scheduler.type", "cyclic_lr"},
                                       {"lr_scheduler.base_lr", "0.1"},
                                       {"lr_scheduler.max_lr", "0.2"},
                                       {"lr_scheduler.cycle_momentum", "false"}};
  EXPECT_EQ(optim::momentum_of(with_settings(own_momentum, cyclic).training.optimizer), 0.5);
}

TEST(Settings, SayWhatIsWrong) {
  const auto message = [](const char* key, const char* value) -> std::string {
    try {
      with_settings(small_recipe(), std::vector{Setting{key, value}});
      return "no error";
    } catch (const UsageError& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
  };
  EXPECT_THAT(message("optimizer.lrr", "1"), HasSubstr("small with optimizer.lrr=1: unknown key"));
  EXPECT_THAT(message("optimizer.lrr", "1"), HasSubstr("did you mean `lr`?"));
  EXPECT_THAT(message("optimiser.lr", "1"), HasSubstr("did you mean `optimizer`?"));
  EXPECT_THAT(message("optimizer.lr", "fast"), HasSubstr("expected a number above 0"));
  EXPECT_THAT(message("optimizer.lr", "{ a = 1 }"), HasSubstr("found a table"));
  EXPECT_THAT(message("optimizer.lr.x", "1"), HasSubstr("lr is not a table"));
  EXPECT_THAT(message("model.layers[99].p", "0"), HasSubstr("counted from 0"));
  EXPECT_THAT(message("model.stages.conv[0].p", "0"), HasSubstr("stages are already expanded"));
  EXPECT_THAT(message("model.foo[0]", "0"), HasSubstr("foo is not an array"));
  EXPECT_THAT(message("model.layers[-1].p", "0"), HasSubstr("expected a number in brackets"));
  EXPECT_THAT(message("model.input[0]", "x"), HasSubstr("model.input"));
  EXPECT_THAT(message("model..p", "0"), HasSubstr("a part of the key is empty"));
  EXPECT_THAT(message("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", "0"), HasSubstr("more than 16 parts"));
}

TEST(Settings, NameTheKeyThatDiffers) {
  Recipe other = small_recipe();
  EXPECT_FALSE(first_difference(small_recipe(), other));
  std::get<nn::Dropout>(other.model.layers[1]).p = 0.25;
  const auto difference = first_difference(small_recipe(), other);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->key, "model.layers[1].p");
  EXPECT_EQ(difference->first, "0.1");
  EXPECT_EQ(difference->second, "0.25");
  other = small_recipe();
  other.augment.clear();
  EXPECT_EQ(first_difference(small_recipe(), other)->key, "augment");
  other = small_recipe();
  other.description = std::string(100, 'x') + "a";
  Recipe same_start = other;
  same_start.description.back() = 'b';
  EXPECT_EQ(first_difference(other, same_start)->key, "description");
}

// What follows the training's length still follows it after --epochs or --set has changed that.
TEST(Settings, TMaxFollowsTheEpochs) {
  Recipe recipe = small_recipe();
  recipe.training.lr_scheduler = optim::CosineAnnealingLr{};
  const Recipe longer = with_settings(recipe, parse_settings("training.epochs=50"));
  const auto lr_at = [](const Recipe& one, int epoch) {
    return optim::rates_at(one.training, {.epoch = epoch, .steps = 100}).lr;
  };
  EXPECT_EQ(longer.training.epochs, 50);
  EXPECT_DOUBLE_EQ(lr_at(longer, 25), lr_at(longer, 0) / 2);
  EXPECT_LT(lr_at(longer, 49), lr_at(longer, 0) / 500);
}

}  // namespace
}  // namespace rung::recipe

// Changes of recipes, costs, the front, and intervals. Searches with real runs are in cli/search/.
#include "search/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/enumerators.h"
#include "base/error.h"
#include "nn/infer.h"
#include "recipe/recipe.h"
#include "search/candidate.h"
#include "search/goal.h"
#include "search/model_edit.h"
#include "search/mutate.h"
#include "search/space.h"
#include "search/training_edit.h"

namespace rung::search {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

recipe::Recipe residual_recipe() {
  return recipe::parse(R"(
title = "Residual"
seed = 1
[dataset]
name = "mnist"
[[augment]]
type = "random_affine"
degrees = 8
translate = [0.05, 0.05]
[model]
layers = [
  { type = "conv2d", out_channels = 8, kernel_size = 3, padding = 1, bias = false },
  { type = "batch_norm2d" },
  { type = "relu" },
  { type = "max_pool2d", kernel_size = 2 },
  { type = "conv2d", out_channels = 8, kernel_size = 3, padding = 1, bias = false },
  { type = "batch_norm2d" },
  { type = "relu" },
  { type = "add", from = -4 },
  { type = "conv2d", out_channels = 8, kernel_size = 3, padding = 1, groups = 8, bias = false },
  { type = "conv2d", out_channels = 12, kernel_size = 1, bias = false },
  { type = "batch_norm2d" },
  { type = "relu" },
  { type = "max_pool2d", kernel_size = 2 },
  { type = "adaptive_avg_pool2d", output_size = 1 },
  { type = "linear", out_features = 10 },
]
[training]
epochs = 8
[optimizer]
type = "sgd"
nesterov = true
weight_decay = 5e-4
[lr_scheduler]
type = "one_cycle_lr"
max_lr = 0.1
)",
                       "residual.toml");
}

TEST(ModelEdit, ConnectionsLeadToTheSameLayer) {
  ModelEdit edit(residual_recipe().model);
  EXPECT_EQ(std::get<nn::Add>(edit.layers()[7]).from, 3);  // the pooling
  edit.insert(0, {nn::Relu{}, nn::Relu{}});
  EXPECT_EQ(std::get<nn::Add>(edit.layers()[9]).from, 5);
  edit.erase(0);
  EXPECT_EQ(std::get<nn::Add>(edit.layers()[8]).from, 4);
  edit.erase(4);  // the pooling: the relu before it
  EXPECT_EQ(std::get<nn::Add>(edit.layers()[7]).from, 3);
  edit.insert(4, {nn::Relu{}});  // behind that: nothing changes
  EXPECT_EQ(std::get<nn::Add>(edit.layers()[8]).from, 3);
}

// x + x would not be what the model was.
TEST(ModelEdit, ConnectionsAroundNothingGo) {
  ModelEdit edit(residual_recipe().model);
  edit.erase(4, 3);  // the convolution that the connection leads around
  EXPECT_EQ(edit.layers().size(), residual_recipe().model.layers.size() - 4);
  EXPECT_TRUE(std::ranges::none_of(edit.layers(), is<nn::Add>));
  ModelEdit other(residual_recipe().model);
  other.erase(0, 4);  // all that it begins with
  EXPECT_TRUE(std::ranges::none_of(other.layers(), is<nn::Add>));
}

TEST(ModelEdit, BlocksAreConvolutionsWithWhatBelongsToThem) {
  const ModelEdit edit(residual_recipe().model);
  std::vector<size_t> begins, ends;
  for (const Block& block : edit.blocks()) {
    begins.push_back(block.begin);
    ends.push_back(block.end);
  }
  EXPECT_THAT(begins, ElementsAre(0, 4, 8, 9));
  EXPECT_THAT(ends, ElementsAre(3, 7, 9, 12));
  EXPECT_FALSE(edit.is_last_weight(9));
  EXPECT_TRUE(edit.is_last_weight(14));
}

// Long walks reach every kind of change, and nothing impossible.
TEST(Mutate, EveryStepIsARecipeWithinTheSpace) {
  Space space;
  space.channels = {2, 20};
  space.depth = {2, 6};
  space.epochs = {4, 12};
  std::set<Kind> seen;
  for (uint32_t walk = 0; walk < 30; ++walk) {
    RandomStream random(walk, RandomPurpose::kSearch);
    recipe::Recipe recipe = residual_recipe();
    for (int step = 0; step < 30; ++step) {
      const auto mutant = mutate(recipe, space, random);
      ASSERT_TRUE(mutant);
      EXPECT_FALSE(mutant->mutation.text.empty());
      EXPECT_NE(recipe::to_toml(mutant->recipe), recipe::to_toml(recipe)) << mutant->mutation.text;
      recipe = mutant->recipe;
      seen.insert(mutant->mutation.kind);
      const auto again = recipe::parse(recipe::to_toml(recipe), "mutant");
      EXPECT_EQ(recipe::to_toml(again), recipe::to_toml(recipe));
      int convolutions = 0;
      for (const nn::LayerSpec& layer : recipe.model.layers) {
        const auto* conv = std::get_if<nn::Conv2d>(&layer);
        if (conv == nullptr) continue;
        ++convolutions;
        EXPECT_TRUE(conv->groups > 1 || space.channels.holds(conv->out_channels)) << mutant->mutation.text;
        EXPECT_LE(conv->kernel_size.h, 5);
      }
      EXPECT_TRUE(space.depth.holds(convolutions)) << mutant->mutation.text;
      EXPECT_TRUE(space.epochs.holds(recipe.training.epochs));
      EXPECT_TRUE(space.batch_size.holds(recipe.training.batch_size));
    }
  }
  for (const Kind kind : kEnumerators<Kind>) EXPECT_TRUE(seen.contains(kind)) << name_of(kind);
}

TEST(Mutate, WhatIsFixedStays) {
  Space space;
  for (const Kind kind : kEnumerators<Kind>)
    if (kind != Kind::kEpochs && kind != Kind::kLearningRate) space.fixed.insert(kind);
  RandomStream random(3, RandomPurpose::kSearch);
  recipe::Recipe recipe = residual_recipe();
  for (int step = 0; step < 20; ++step) recipe = mutate(recipe, space, random)->recipe;
  EXPECT_EQ(recipe.model, residual_recipe().model);
  EXPECT_EQ(recipe.augment, residual_recipe().augment);
  space.fixed.insert({Kind::kEpochs, Kind::kLearningRate});
  EXPECT_FALSE(mutate(recipe, space, random));
}

TEST(Mutate, TheSameStreamGivesTheSameChange) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    RandomStream a(seed, RandomPurpose::kSearch), b(seed, RandomPurpose::kSearch);
    EXPECT_EQ(mutate(residual_recipe(), {}, a)->recipe, mutate(residual_recipe(), {}, b)->recipe);
  }
}

// What the schedule counts in epochs or batches keeps its share.
TEST(Training, SchedulesFollowTheEpochs) {
  optim::Training training;
  training.epochs = 16;
  training.lr_scheduler = optim::StepLr{.step_size = 8};
  training.lr_warmup = optim::LrWarmup{.total_iters = 100};
  set_epochs(training, 4);
  EXPECT_EQ(training.epochs, 4);
  EXPECT_EQ(std::get<optim::StepLr>(training.lr_scheduler).step_size, 2);
  EXPECT_EQ(training.lr_warmup->total_iters, 25);
  training.lr_scheduler = optim::MultiStepLr{.milestones = {1, 2, 3}};
  set_epochs(training, 2);
  EXPECT_THAT(std::get<optim::MultiStepLr>(training.lr_scheduler).milestones, ElementsAre(1, 2));
  training.lr_scheduler = optim::CyclicLr{.base_lr = 0.01, .max_lr = 0.1};
  set_largest_lr(training, 0.2);
  EXPECT_DOUBLE_EQ(std::get<optim::CyclicLr>(training.lr_scheduler).base_lr, 0.02);
  EXPECT_EQ(largest_lr(training), 0.2);
}

// Stronger is never weaker, and a pair of scales stays ascending.
TEST(Training, AugmentationStaysPossible) {
  Space space;
  for (const Kind kind : kEnumerators<Kind>)
    if (kind != Kind::kAugment) space.fixed.insert(kind);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    recipe::Recipe recipe = residual_recipe();
    recipe.augment = {data::RandomAffine{.degrees = 90, .scale = {0.3, 0.5}},
                      data::RandomRotation{.degrees = 60}};
    RandomStream random(seed, RandomPurpose::kSearch);
    for (int step = 0; step < 10; ++step) {
      const auto mutant = mutate(recipe, space, random);
      ASSERT_TRUE(mutant);
      const auto& before = std::get<data::RandomAffine>(recipe.augment[0]);
      const auto& now = std::get<data::RandomAffine>(mutant->recipe.augment[0]);
      EXPECT_TRUE(mutant->mutation.text != "stronger augmentation" || now.degrees >= before.degrees);
      EXPECT_LE(now.scale[0], now.scale[1]);
      EXPECT_EQ(recipe::parse(recipe::to_toml(mutant->recipe), "mutant").augment, mutant->recipe.augment);
      recipe = mutant->recipe;
    }
  }
}

TEST(Space, IsReadAndWritten) {
  const Space space =
      parse_space("fixed = [\"epochs\", \"head\"]\nchannels = [4, 32]\nlr = [0.01, 0.5]\n", "s");
  EXPECT_THAT(space.fixed, ElementsAre(Kind::kHead, Kind::kEpochs));
  EXPECT_EQ(space.channels, (Range{4, 32}));
  EXPECT_EQ(space.depth, Space().depth);
  EXPECT_EQ(parse_space(to_toml(space), "again"), space);
  EXPECT_EQ(parse_space("", "empty"), Space());
}

TEST(Goal, CostsAreThoseOfTheModel) {
  const recipe::Recipe recipe = residual_recipe();
  const Yardstick yardstick{"cortex-m0", 1000, 2};
  const auto info = nn::infer(recipe.model);
  EXPECT_EQ(cost_of(recipe, Cost::kParams, yardstick), static_cast<double>(info.params));
  EXPECT_EQ(cost_of(recipe, Cost::kMacs, yardstick), static_cast<double>(info.macs));
  // Twice the epochs, twice the time.
  recipe::Recipe longer = recipe;
  longer.training.epochs = 16;
  EXPECT_NEAR(*cost_of(longer, Cost::kTrainSeconds, yardstick),
              2 * *cost_of(recipe, Cost::kTrainSeconds, yardstick), 1e-9);
  EXPECT_GT(*cost_of(recipe, Cost::kFlashBytes, yardstick), static_cast<double>(info.params));
}

TEST(Front, HoldsWhatNothingBeatsInBoth) {
  const std::vector<Point> points = {{5, 1.0}, {3, 2.0}, {5, 0.5}, {4, 2.0}, {9, 0.5}, {8, 0.4}, {3, 2.0}};
  EXPECT_THAT(front_of(points), ElementsAre(1, 2, 5));
  EXPECT_TRUE(front_of({}).empty());
}

TEST(Front, LeavesOutWhatDivergedOrWasNotTrained) {
  std::vector<Candidate> all(3);
  for (size_t i = 0; i < all.size(); ++i) all[i] = {.number = i, .parent = {}, .mutations = {}, .recipe = {}};
  all[0].full[1] = {.loss = 0.1, .accuracy = 99, .seconds = 1};
  all[0].full[2] = {.loss = 0.3, .accuracy = 97, .seconds = 1};
  all[1].full[1] = {.loss = 0.1, .accuracy = 99, .seconds = 1};
  all[1].diverged = true;
  all[2].quick = Score{.loss = 0.4, .accuracy = 90, .seconds = 1};
  EXPECT_THAT(full_front(all), ElementsAre(0));
  EXPECT_THAT(quick_front(all), ElementsAre(2));
  EXPECT_DOUBLE_EQ(all[0].loss(), 0.2);
  EXPECT_DOUBLE_EQ(all[0].accuracy(), 98);
}

// Known values: R's binom.test(8, 10), (0, 10), (10, 10).
TEST(ClopperPearson, IsTheExactInterval) {
  const auto eight = ladder::clopper_pearson95(8, 10);
  EXPECT_NEAR(eight.low, 0.4439045, 1e-6);
  EXPECT_NEAR(eight.high, 0.9747893, 1e-6);
  EXPECT_NEAR(ladder::clopper_pearson95(0, 10).high, 0.3084971, 1e-6);
  EXPECT_EQ(ladder::clopper_pearson95(0, 10).low, 0);
  EXPECT_NEAR(ladder::clopper_pearson95(10, 10).low, 0.6915029, 1e-6);
  EXPECT_EQ(ladder::clopper_pearson95(10, 10).high, 1);
}

}  // namespace
}  // namespace rung::search

// Changes of recipes, costs, the front, intervals, and searches with a crew whose accuracies are a function
// of the recipe. Searches with real runs are in cli/search/.
#include "search/search.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/enumerators.h"
#include "base/error.h"
#include "nn/infer.h"
#include "recipe/recipe.h"
#include "search/candidate.h"
#include "search/claims.h"
#include "search/goal.h"
#include "search/model_edit.h"
#include "search/mutate.h"
#include "search/space.h"
#include "search/training_edit.h"
#include "sweep/crew.h"

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
  for (const Kind kind : kEnumerators<Kind>)
    EXPECT_EQ(seen.contains(kind), kind != Kind::kRecombination) << name_of(kind);  // that needs two recipes
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

TEST(Mutate, AWidthThatIsNotPossibleIsNone) {
  recipe::Recipe recipe = residual_recipe();
  const auto half = scaled(recipe, Space{}, 0.5);
  ASSERT_TRUE(half);
  EXPECT_EQ(std::get<nn::Conv2d>(half->recipe.model.layers[9]).out_channels, 6);
  EXPECT_EQ(std::get<nn::Conv2d>(half->recipe.model.layers[8]).groups, 4) << "by channels, as before";
  recipe.model.layers[10] = nn::GroupNorm{.num_groups = 4};
  EXPECT_FALSE(scaled(recipe, Space{}, 0.5)) << "6 channels in 4 groups";
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
  EXPECT_THAT(priced_front(all, &Candidate::quick), ElementsAre(2));
  EXPECT_DOUBLE_EQ(all[0].loss(), 0.2);
  EXPECT_DOUBLE_EQ(all[0].accuracy(), 98);
}

// A power of 0.05: half the time is worth 3.5 % of the loss.
TEST(Front, TimeHasAPriceWhereCandidatesAreChosenForMore) {
  std::vector<Candidate> all(3);
  for (size_t i = 0; i < all.size(); ++i) {
    all[i] = {.number = i, .parent = {}, .mutations = {}, .recipe = {}};
    all[i].cost = 100;
    all[i].seconds = i == 0 ? 100 : 50;
  }
  const double losses[] = {0.100, 0.103, 0.104};  // the last is too much
  for (size_t i = 0; i < all.size(); ++i) all[i].full[1] = {.loss = losses[i], .accuracy = 99, .seconds = 1};
  EXPECT_THAT(full_front(all), ElementsAre(0));
  EXPECT_THAT(priced_full_front(all), ElementsAre(1));
  EXPECT_NEAR(all[0].priced(1) / all[1].priced(1), 1.0353, 1e-4);
  all.erase(all.begin() + 1);
  EXPECT_THAT(priced_full_front(all), ElementsAre(0));
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

// The more parameters and epochs, the better; the test images are `harder` points harder than the held-out
// ones.
class PretendingCrew final : public sweep::Crew {
 public:
  PretendingCrew(size_t at_once, double harder = 0) : at_once_(at_once), harder_(harder) {}

  size_t idle() const override { return at_once_ - started_.size(); }
  size_t busy() const override { return started_.size(); }
  void start(const sweep::Task& task) override { started_.push_back(task); }
  std::vector<sweep::Report> reports() override {  // the last one first
    std::vector<sweep::Report> reports;
    for (; !started_.empty(); started_.pop_back()) reports.push_back(report_of(started_.back()));
    return reports;
  }
  double under_way() const override { return 0; }
  void stop() override {}

  bool diverges = false;                // with any seed but 1
  double lucky = 0;                     // points of accuracy that some have by chance
  bool is_perfect = false;              // whatever the model
  std::vector<recipe::Recipe> claimed;  // trained on all images
  size_t trials = 0;

 private:
  sweep::Report report_of(const sweep::Task& task) {
    ++trials;
    const recipe::Recipe& recipe = task.recipe;
    if (diverges && recipe.seed != 1)
      return {.index = task.index, .end = sweep::End::kDiverged, .record = {}, .message = "why"};
    const auto params = static_cast<double>(nn::infer(recipe.model).params);
    const double luck = 0.02 * static_cast<double>(recipe.seed % 3);
    const double accuracy = is_perfect ? 100 : 100 - 2000 / params - 4.0 / recipe.training.epochs + luck;
    train::RunRecord record;
    train::EpochRecord epoch;
    epoch.epoch = 1;
    epoch.train_seconds = 1;
    epoch.test_accuracy = accuracy - harder_;
    const double chance = static_cast<int64_t>(params) % 4 == 0 ? lucky : 0;
    epoch.validation = train::ValidationRecord{.loss = 100 - accuracy, .accuracy = accuracy + chance};
    record.epochs.push_back(epoch);
    if (recipe.dataset.validation.empty()) claimed.push_back(recipe);
    return {.index = task.index, .end = sweep::End::kFinished, .record = record, .message = ""};
  }

  size_t at_once_;
  double harder_;
  std::vector<sweep::Task> started_;
};

class SearchTest : public ::testing::Test {
 protected:
  SearchTest() { std::filesystem::remove_all(folder_); }
  ~SearchTest() override { std::filesystem::remove_all(folder_); }

  static SearchPlan plan() {
    SearchPlan plan;
    plan.start = residual_recipe();
    plan.start.dataset.validation = 6000;
    plan.whole = residual_recipe().dataset;
    plan.train_images = 54'000;
    plan.all_images = 60'000;
    plan.test_images = 10'000;
    plan.goal.target = 90;
    plan.candidates = 60;
    plan.claim_seeds = 3;
    return plan;
  }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("rung_search_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

std::vector<std::string> changes_of(const Search& search) {
  std::vector<std::string> changes;
  for (const Candidate& one : search.candidates()) changes.push_back(one.change());
  return changes;
}

TEST_F(SearchTest, FindsASmallerOneWhateverTheOrderOfTheReports) {
  PretendingCrew one(1), many(7);
  Search first(plan(), folder_ / "one"), second(plan(), folder_ / "many");
  sweep::Crew* const alone[] = {&one};
  sweep::Crew* const together[] = {&many};
  first.run(alone, {});
  second.run(together, {});
  EXPECT_EQ(first.candidates().size(), 60U);
  EXPECT_EQ(changes_of(first), changes_of(second));
  ASSERT_TRUE(first.claimed());
  EXPECT_EQ(first.claimed(), second.claimed());
  EXPECT_LT(first.candidates()[*first.claimed()].cost, 0.7 * first.candidates().front().cost);
}

// An eighth, three eighths, all: whoever is trained longer was on the front of those trained less.
TEST_F(SearchTest, TrialsGetLongerFromRungToRung) {
  PretendingCrew crew(2);
  Search search(plan(), folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  const auto epochs = [&](Trial::Kind kind) { return search.recipe_of({0, kind, 1}).training.epochs; };
  EXPECT_EQ(epochs(Trial::Kind::kQuick), 1);
  EXPECT_EQ(epochs(Trial::Kind::kLonger), 3);
  EXPECT_EQ(epochs(Trial::Kind::kFull), 8);
  size_t quick = 0, longer = 0, full = 0;
  for (const Candidate& one : search.candidates()) {
    quick += one.quick ? 1 : 0;
    longer += one.longer ? 1 : 0;
    full += one.full.empty() ? 0 : 1;
    EXPECT_TRUE(one.quick || !one.longer) << one.name();
    EXPECT_TRUE(one.longer || one.full.empty()) << one.name();
  }
  EXPECT_EQ(quick, 60U);
  EXPECT_LT(longer, quick);
  EXPECT_LT(full, longer);
  EXPECT_GT(full, 4U);
}

// Their accuracy is a count of few errors; the pretended loss has no luck.
TEST_F(SearchTest, TheBestIsChosenByLoss) {
  PretendingCrew crew(2);
  crew.lucky = 5;
  SearchPlan wide = plan();
  wide.goal.target = 94;
  Search search(wide, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  ASSERT_TRUE(search.best());
  const double loss = search.candidates()[*search.best()].loss();
  EXPECT_NEAR(search.population().accuracy_at(0.5 * loss), 50 + 0.5 * search.population().accuracy_at(loss),
              1e-9)
      << "in proportion";
  EXPECT_GE(search.population().accuracy_at(loss), wide.goal.target);
  for (const Candidate& one : search.candidates())
    EXPECT_TRUE(one.full.empty() || one.cost >= search.candidates()[*search.best()].cost ||
                search.population().accuracy_at(one.loss()) < wide.goal.target)
        << one.name();
}

TEST_F(SearchTest, ClaimsGoToCheaperOnesUntilTwoFail) {
  PretendingCrew crew(2, 0.2);
  SearchPlan fine = plan();  // with many small steps
  fine.candidates = 150;
  fine.goal.target = 95;
  fine.claim_seeds = 10;
  for (const Kind kind : kEnumerators<Kind>)
    if (kind != Kind::kChannels) fine.space.fixed.insert(kind);
  Search search(fine, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  const std::vector<Claim>& claims = search.claims();
  ASSERT_GE(claims.size(), 2U);
  const auto one = [&](const Claim& claim) -> const Candidate& {
    return search.candidates()[claim.candidate];
  };
  EXPECT_EQ(claims[0].candidate, *search.best());
  size_t failures = 0;
  for (const Claim& claim : claims) {
    EXPECT_LT(failures, kMostFailures) << "nothing is claimed after these";
    const double errors = 100 - search.population().accuracy_at(one(claim).loss());
    EXPECT_TRUE(one(claim).full.size() == 3 || errors <= 0.85 * (100 - fine.goal.target))
        << "it may be lucky";
    EXPECT_EQ(claim.holds, claim.accuracy.mean95->low >= 95);
    EXPECT_TRUE(claim.seeds == 10 || (claim.seeds == 4 && !claim.holds)) << "what fails is seen early";
    EXPECT_EQ(claim.accuracy.count, static_cast<size_t>(claim.seeds));
    for (const Claim& before : claims) {
      if (&before == &claim) break;
      EXPECT_TRUE(before.holds ? one(claim).cost <= 0.95 * one(before).cost
                               : 0.95 * one(claim).cost >= one(before).cost);
    }
    failures += claim.holds ? 0 : 1;
  }
  EXPECT_EQ(claims.front().seeds, 4);
  EXPECT_EQ(failures, 1U) << "the first, because the test images are harder";
  EXPECT_THAT(search.claims_ending(), HasSubstr("no other one"));
  std::set<uint64_t> seeds;
  for (const recipe::Recipe& recipe : crew.claimed)
    EXPECT_TRUE(seeds.insert(recipe.seed).second) << "each run of a claim has a seed of its own";
}

// The first generation takes 9 of 60 seconds, and the second uses up these 80 %.
TEST_F(SearchTest, NothingIsTrainedLongerOnceFourFifthsOfTheBudgetAreUsed) {
  PretendingCrew crew(1);
  SearchPlan timed = plan();
  timed.goal.target = 99.9;  // out of reach: all that is on the front would be trained longer
  timed.candidates = std::nullopt;
  timed.batch = 64;
  timed.budget = 60;
  Search search(timed, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  EXPECT_EQ(search.candidates().size(), 3U + 1 + 64) << "the start with more epochs is one of them";
  for (const Candidate& one : search.candidates()) EXPECT_EQ(one.longer.has_value(), one.number < 4);
  EXPECT_THAT(search.ending(), HasSubstr("the budget's part for searching was used"));
}

// Claims of 100 runs, and 40 more if the first look ends one, take 156 of 200 seconds: half is left.
TEST_F(SearchTest, LeavesTimeForTwoClaims) {
  for (const size_t claim_seeds : {3, 100}) {
    PretendingCrew crew(1);
    SearchPlan timed = plan();
    timed.candidates = std::nullopt;
    timed.budget = 200;
    timed.claim_seeds = claim_seeds;
    Search search(timed, folder_ / fmt::format("{}", claim_seeds));
    sweep::Crew* const crews[] = {&crew};
    search.run(crews, {});
    const size_t trials = crew.trials - crew.claimed.size();
    if (claim_seeds == 3) {
      EXPECT_GT(trials, 120U);
    } else {
      EXPECT_GE(trials, 75U);
      EXPECT_LT(trials, 100U + 10);
    }
    EXPECT_THAT(search.ending(), HasSubstr("the budget's part for searching was used"));
  }
}

// However much better than the target the best one is, smaller ones are found.
TEST_F(SearchTest, AnEasyTargetIsReachedByEverSmallerOnes) {
  for (const bool is_perfect : {false, true}) {
    PretendingCrew crew(2);
    crew.is_perfect = is_perfect;
    SearchPlan easy = plan();
    easy.goal.target = 50;
    Search search(easy, folder_ / (is_perfect ? "perfect" : "good"));
    sweep::Crew* const crews[] = {&crew};
    search.run(crews, {});
    ASSERT_TRUE(search.claimed());
    EXPECT_LT(search.candidates()[*search.claimed()].cost, 0.25 * search.candidates().front().cost)
        << is_perfect;
  }
}

TEST_F(SearchTest, BeginsWithTheStartAndTheStartWithFewerChannels) {
  PretendingCrew crew(2);
  sweep::Crew* const crews[] = {&crew};
  SearchPlan few = plan();
  const int all = std::get<nn::Conv2d>(few.start.model.layers.front()).out_channels;
  const auto times = [&](double factor) { return static_cast<int>(std::round(all * factor)); };
  {
    Search search(few, folder_ / "local");
    search.run(crews, {});
    const auto first = std::span(search.candidates()).first(3);
    for (const Candidate& one : first) {
      EXPECT_TRUE(one.quick && one.longer && !one.full.empty()) << one.name();
    }
    EXPECT_EQ(std::get<nn::Conv2d>(first[1].recipe.model.layers.front()).out_channels, times(0.7));
    EXPECT_EQ(std::get<nn::Conv2d>(first[2].recipe.model.layers.front()).out_channels, times(0.5));
  }
  few.candidates = 2;
  Search two(few, folder_ / "two");
  two.run(crews, {});
  EXPECT_EQ(std::get<nn::Conv2d>(two.candidates()[1].recipe.model.layers.front()).out_channels, times(0.7));
  few.space.fixed.insert(Kind::kChannels);
  Search fixed(few, folder_ / "fixed");
  fixed.run(crews, {});
  EXPECT_EQ(std::get<nn::Conv2d>(fixed.candidates()[1].recipe.model.layers.front()).out_channels, all);
}

// Between the narrowest with the target and the next without it.
TEST_F(SearchTest, HalvesTheWidthsBetweenWhichTheTargetLies) {
  PretendingCrew crew(2);
  sweep::Crew* const crews[] = {&crew};
  // As changes of the start that got all rungs.
  const auto widths_for = [&](double target) {
    SearchPlan wanted = plan();
    wanted.goal.target = target;
    Search search(wanted, folder_ / fmt::format("{}", target));
    search.run(crews, {});
    std::vector<std::string> changes;
    for (const Candidate& one : search.candidates())
      if (one.number < 22 && one.longer && one.full.contains(1) && one.change().ends_with("everywhere") &&
          one.parent == 0U)
        changes.push_back(one.change().substr(0, one.change().find(' ')));
    return changes;
  };
  SearchPlan few = plan();
  few.candidates = 3;
  Search first(few, folder_ / "first");
  first.run(crews, {});
  const auto accuracy = [&](size_t one) { return first.candidates()[one].accuracy(); };
  EXPECT_THAT(widths_for((accuracy(1) + accuracy(2)) / 2), ElementsAre("0.7", "0.5", "0.6", "0.55"));
  EXPECT_THAT(widths_for(50), ElementsAre("0.7", "0.5", "0.25", "0.13"));
  EXPECT_THAT(widths_for(99.99), ElementsAre("0.7", "0.5"));
}

// From the narrowest with the target to narrower ones, until one has not; the start where none has.
TEST_F(SearchTest, TriesTwiceTheEpochs) {
  const auto longer_for = [&](const SearchPlan& wanted, const std::string& name) {
    PretendingCrew crew(2);
    sweep::Crew* const crews[] = {&crew};
    Search search(wanted, folder_ / name);
    search.run(crews, {});
    std::vector<std::string> changes;
    for (const Candidate& one : search.candidates()) {
      if (!one.longer || !one.full.contains(1) || one.change() != "4 instead of 2 epochs" || one.number > 50)
        continue;
      const Candidate& parent = search.candidates()[*one.parent];
      changes.push_back(parent.change().substr(0, parent.change().find(' ')));
      EXPECT_EQ(one.recipe.model, parent.recipe.model);
    }
    return changes;
  };
  // Two epochs cost two points and four one: more than a step of the width, less than two steps.
  SearchPlan wanted = plan();
  wanted.start.training.epochs = 2;
  wanted.space.epochs = {1, 40};
  SearchPlan few = wanted;
  few.candidates = 3;
  Search first(few, folder_ / "first");
  PretendingCrew crew(2);
  sweep::Crew* const crews[] = {&crew};
  first.run(crews, {});
  wanted.goal.target = first.candidates()[1].accuracy() - 0.01;
  EXPECT_THAT(longer_for(wanted, "some"), ElementsAre("0.7", "0.65", "0.6"));
  SearchPlan none = wanted;
  none.goal.target = 99.99;
  EXPECT_THAT(longer_for(none, "none"), ElementsAre("the"));
  SearchPlan fixed = wanted;
  fixed.space.fixed.insert(Kind::kEpochs);
  EXPECT_TRUE(longer_for(fixed, "fixed").empty());
  SearchPlan bounded = wanted;
  bounded.space.epochs = {1, 2};
  EXPECT_TRUE(longer_for(bounded, "bounded").empty());
  SearchPlan quick = wanted;
  quick.goal.minimise = Cost::kTrainSeconds;
  EXPECT_TRUE(longer_for(quick, "quick").empty());
  SearchPlan random = wanted;
  random.strategy = Strategy::kRandom;
  EXPECT_TRUE(longer_for(random, "random").empty());
}

TEST_F(SearchTest, TheTrainingOfOneIsTriedWithTheModelOfAnother) {
  PretendingCrew crew(2);
  Search search(plan(), folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  size_t recombined = 0;
  for (const Candidate& one : search.candidates()) {
    if (one.mutations.empty() || one.mutations.front().kind != Kind::kRecombination) continue;
    ++recombined;
    EXPECT_EQ(one.recipe.model, search.candidates()[*one.parent].recipe.model);
    const auto number = std::stoul(one.change().substr(one.change().find_last_of('c') + 1));
    EXPECT_EQ(one.recipe.training, search.candidates()[number].recipe.training);
    EXPECT_EQ(one.recipe.augment, search.candidates()[number].recipe.augment);
  }
  EXPECT_GT(recombined, 0U);
  SearchPlan fixed = plan();
  fixed.space.fixed.insert(Kind::kRecombination);
  Search other(fixed, folder_ / "fixed");
  other.run(crews, {});
  for (const Candidate& one : other.candidates())
    EXPECT_TRUE(one.mutations.empty() || one.mutations.front().kind != Kind::kRecombination) << one.change();
}

TEST_F(SearchTest, NoCandidateIsBeyondALimit) {
  SearchPlan limited = plan();
  const auto macs = *cost_of(limited.start, Cost::kMacs, limited.yardstick());
  limited.goal.limits = {{Cost::kMacs, macs}};
  PretendingCrew crew(2);
  Search search(limited, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  for (const Candidate& one : search.candidates())
    EXPECT_LE(*cost_of(one.recipe, Cost::kMacs, limited.yardstick()), macs) << one.change();
}

TEST_F(SearchTest, EndsWithoutAClaimWhereEverythingDiverges) {
  PretendingCrew crew(2);
  crew.diverges = true;
  SearchPlan alone = plan();
  alone.candidates = 1;
  Search search(alone, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  EXPECT_EQ(search.phase(), Phase::kFinished);
  EXPECT_FALSE(search.claimed());
}

TEST_F(SearchTest, WhatDivergesTakesTimeToo) {
  PretendingCrew crew(1);
  crew.diverges = true;  // in claims
  SearchPlan timed = plan();
  timed.candidates = 3;
  timed.gflops = 1e-3;
  timed.budget = 0.2 * *cost_of(timed.start, Cost::kTrainSeconds, timed.yardstick());
  Search search(timed, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  EXPECT_EQ(search.claims().size(), 1U) << "its runs took more than the budget";
  EXPECT_THAT(search.claims_ending(), HasSubstr("no room"));
}

TEST_F(SearchTest, OneWhoseRunsNeedMuchMemoryIsNotTried) {
  PretendingCrew crew(2);
  SearchPlan wide = plan();
  for (const Kind kind : kEnumerators<Kind>)
    if (kind != Kind::kBatchSize) wide.space.fixed.insert(kind);
  wide.space.batch_size = {8, 65'536};
  wide.start.training.batch_size = 32'768;
  Search search(wide, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  EXPECT_GT(search.candidates().size(), 1U);
  for (const Candidate& one : search.candidates()) EXPECT_LE(one.recipe.training.batch_size, 32'768);
}

TEST_F(SearchTest, ABudgetCountsTheWorkersThatItBeganWith) {
  SearchPlan timed = plan();
  timed.candidates = std::nullopt;
  timed.budget = 40;  // each pretended run takes a second
  timed.workers = 4;
  PretendingCrew crew(1);
  Search search(timed, folder_);
  sweep::Crew* const crews[] = {&crew};
  search.run(crews, {});
  EXPECT_GT(crew.trials, 2 * 28U) << "24 of the 40 s are for drawing, with four at a time";
  EXPECT_LT(crew.trials, 5 * 40U);
  EXPECT_THAT(search.ending(), HasSubstr("the budget's part for searching was used"));
}

TEST_F(SearchTest, AnotherPlanIsRefused) {
  { const Search search(plan(), folder_); }
  SearchPlan other = plan();
  other.workers = 9;  // and another speed: they are those of the first time
  other.gflops = 77;
  {
    const Search search(other, folder_);
    EXPECT_EQ(search.plan().workers, plan().workers);
    EXPECT_EQ(search.plan().gflops, plan().gflops);
  }
  // A limit that the first measurement met is met, although the machine is slower today.
  SearchPlan limited = plan();
  limited.goal.limits = {
      {Cost::kTrainSeconds, *cost_of(limited.start, Cost::kTrainSeconds, limited.yardstick())}};
  { const Search search(limited, folder_ / "limited"); }
  limited.gflops /= 2;
  EXPECT_NO_THROW(Search(limited, folder_ / "limited"));
  other.data_sha256 = "other";
  EXPECT_THROW(Search(other, folder_), UsageError);
}

}  // namespace
}  // namespace rung::search

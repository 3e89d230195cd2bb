// Plans of sweeps, sweeps with a crew whose runs end in every possible way, and real runs side by side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/claimed_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "ladder/run.h"
#include "recipe/settings.h"
#include "short_run.h"
#include "sweep/plan_file.h"
#include "sweep/sweep.h"
#include "sweep/sweep_report.h"
#include "sweep/sweep_statistics.h"
#include "sweep/sweep_status.h"
#include "train/run_directory.h"

namespace rung::sweep {
namespace {

namespace fs = std::filesystem;

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::small_recipe;

template <typename Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const UsageError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~SweepTest() override { fs::remove_all(folder_); }

  fs::path folder_ =
      fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST(Seeds, RangesListsAndBoth) {
  EXPECT_THAT(parse_seeds("0..3"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(parse_seeds("7"), ElementsAre(7));
  EXPECT_THAT(parse_seeds("5,1,2..4,2,9223372036854775807"),
              ElementsAre(5, 1, 2, 3, 4, 9223372036854775807U));
  for (const char* bad :
       {"", "a", "1,", ",1", "3..1", "1..", "-1", "1 2", "9223372036854775808", "0..100000"})
    EXPECT_THROW(parse_seeds(bad), UsageError) << bad;
  EXPECT_EQ(parse_seeds("1..100000").size(), kMaxSeeds);
  EXPECT_THROW(parse_seeds("0..9223372036854775807"), UsageError);
}

TEST(Plan, AGridIsEveryCombinationUnderANameOfItsOwn) {
  const std::vector<recipe::Recipe> recipes = {small_recipe("one"), small_recipe("two")};
  const std::vector<std::string> grid = {"optimizer.lr=0.1,0.2", "optimizer.momentum=0.5,0.9"};
  const SweepPlan plan = make_plan(recipes, grid, {1});
  std::vector<std::string> names;
  for (const auto& recipe : plan.recipes) names.push_back(recipe.name);
  EXPECT_THAT(names,
              ElementsAre("one-lr=0.1-momentum=0.5", "one-lr=0.1-momentum=0.9", "one-lr=0.2-momentum=0.5",
                          "one-lr=0.2-momentum=0.9", "two-lr=0.1-momentum=0.5", "two-lr=0.1-momentum=0.9",
                          "two-lr=0.2-momentum=0.5", "two-lr=0.2-momentum=0.9"));
  EXPECT_EQ(plan.previous(3), nullptr);
  EXPECT_EQ(plan.previous(6)->name, "one-lr=0.2-momentum=0.5");
  const auto refused = [&](std::vector<std::string> axes) {
    return message_of([&] { make_plan(recipes, axes, {1}); });
  };
  EXPECT_THAT(refused({"optimizer.lr=0.1,0.1"}), HasSubstr("two of the recipes are called one-lr=0.1"));
  EXPECT_THAT(refused({"seed=1,2"}), HasSubstr("use --seeds"));
}

TEST(Plan, NamesTellWhatVaries) {
  const auto names_of = [](std::vector<std::string> grid) {
    std::vector<std::string> names;
    for (const auto& recipe : make_plan(std::vector{small_recipe("one")}, grid, {1}).recipes)
      names.push_back(recipe.name);
    return names;
  };
  EXPECT_THAT(names_of({"optimizer.lr=0.1", "optimizer.momentum=0.5,0.9"}),
              ElementsAre("one-momentum=0.5", "one-momentum=0.9"));
  EXPECT_THAT(names_of({"optimizer.lr=0.1"}), ElementsAre("one"));
}

TEST(Settings, OfASingleRunHaveOneValueEach) {
  const std::vector<std::string> texts = {"optimizer.lr=0.02", "optimizer.type='adam'", "augment[0].p=0.1",
                                          "model.layers[2].p=0.5"};
  EXPECT_EQ(name_end(single_settings(texts)), "-lr=0.02-type=adam-augment[0].p=0.1-model.layers[2].p=0.5");
  const auto refused = [](std::vector<std::string> some) {
    return message_of([&] { single_settings(some); });
  };
  EXPECT_THAT(refused({"optimizer.lr=0.1,0.2"}), HasSubstr("`optimizer.lr` has 2 values | give one"));
  EXPECT_THAT(refused({"seed=1"}), HasSubstr("use --seed"));
  EXPECT_THAT(refused({"name=x"}), HasSubstr("`name` cannot be set"));
  EXPECT_THAT(refused({"optimizer.lr=0.1", "optimizer.lr=0.2"}), HasSubstr("`optimizer.lr` is set twice"));
}

// A crew whose runs end at once as the test says.
class ScriptedCrew final : public Crew {
 public:
  size_t idle() const override { return stopped ? 0 : 2 - started_.size(); }
  size_t busy() const override { return started_.size(); }
  void start(const Task& task) override {
    ++starts[task.folder.filename().string()];
    started_.push_back(task);
  }
  std::vector<Report> reports() override {
    std::vector<Report> reports;
    for (const Task& task : started_) reports.push_back(report_of(task));
    started_.clear();
    return reports;
  }
  double under_way() const override { return 0; }
  void stop() override { stopped = true; }

  std::map<std::string, std::vector<End>> ends;  // by run, one per attempt; then finished
  std::map<std::string, int> starts;
  bool stopped = false;

 private:
  Report report_of(const Task& task) {
    const std::string name = task.folder.filename().string();
    const auto attempt = static_cast<size_t>(starts[name]) - 1;
    const End end = attempt < ends[name].size() ? ends[name][attempt] : End::kFinished;
    if (end != End::kFinished) return {.index = task.index, .end = end, .record = {}, .message = "why"};
    train::RunRecord record;
    record.epochs.push_back({.epoch = 1, .test_accuracy = 90, .weights_sha256 = ""});
    return {.index = task.index, .end = end, .record = record, .message = ""};
  }

  std::vector<Task> started_;
};

TEST_F(SweepTest, AFailedRunIsTriedOnceMoreAndADivergedOneIsNot) {
  Sweep sweep(make_plan(std::vector{small_recipe()}, {}, {1, 2, 3, 4}), folder_);
  ScriptedCrew crew;
  crew.ends = {{"small-seed1", {End::kFailed}},
               {"small-seed2", {End::kFailed, End::kFailed, End::kFailed}},
               {"small-seed3", {End::kDiverged}},
               {"small-seed4", {End::kStopped, End::kStopped, End::kStopped}}};  // stopped by another process
  Crew* const crews[] = {&crew};
  sweep.run(crews, {});
  EXPECT_EQ(crew.starts["small-seed1"], 2);
  EXPECT_EQ(crew.starts["small-seed2"], 2);
  EXPECT_EQ(crew.starts["small-seed3"], 1);
  EXPECT_EQ(crew.starts["small-seed4"], 4);
  EXPECT_TRUE(sweep.runs()[0].record);
  EXPECT_EQ(sweep.runs()[1].error, "why");
  EXPECT_FALSE(sweep.runs()[1].diverged);
  EXPECT_TRUE(sweep.runs()[2].diverged);
  EXPECT_TRUE(sweep.runs()[3].record);
  const RecipeStatistics statistics = statistics_of(sweep.plan(), sweep.runs()).recipes.front();
  EXPECT_EQ(statistics.finished, 2U);
  EXPECT_EQ(statistics.diverged, 1U);
  EXPECT_EQ(statistics.failed, 1U);
}

TEST_F(SweepTest, AFullDiskAndAnObserverStopIt) {
  Sweep sweep(make_plan(std::vector{small_recipe()}, {}, {1, 2, 3, 4, 5}), folder_);
  ScriptedCrew full;
  full.ends = {{"small-seed1", {End::kNoSpace}}};
  Crew* const crews[] = {&full};
  EXPECT_THROW(sweep.run(crews, {}), NoSpaceError);
  EXPECT_TRUE(full.stopped);
  ScriptedCrew crew;
  Crew* const others[] = {&crew};
  SweepObserver observer;
  observer.should_stop = [] { return true; };
  EXPECT_THROW(sweep.run(others, observer), ladder::Stopped);
}

// A process on a machine that is gone: it takes a run and never answers, not even when told to stop.
class SilentCrew final : public Crew {
 public:
  size_t idle() const override { return started ? 0 : 1; }
  size_t busy() const override { return started ? 1 : 0; }
  void start(const Task& /*task*/) override { started = true; }
  std::vector<Report> reports() override { return {}; }
  double under_way() const override { return 0; }
  void stop() override {}

  bool started = false;
};

// Asked often enough to show that the sweep would wait for ever, the observer gives up.
TEST_F(SweepTest, AStopDoesNotWaitForWhoNeverAnswers) {
  Sweep sweep(make_plan(std::vector{small_recipe()}, {}, {1}), folder_);
  SilentCrew silent;
  Crew* const crews[] = {&silent};
  int asked = 0;
  SweepObserver observer;
  observer.should_stop = [&] {
    if (++asked > 10) throw std::runtime_error("still waiting");
    return silent.started;
  };
  EXPECT_THROW(sweep.run(crews, observer, std::chrono::milliseconds(1)), ladder::Stopped);
}

Datasets discs() {
  return {{"./discs", testing::discs()}};
}

// Runs side by side equal runs alone, and a sweep resumes unfinished runs.
TEST_F(SweepTest, RunsSideBySideHaveTheBitsOfRunsAlone) {
  const SweepPlan plan = make_plan(std::vector{small_recipe()}, {}, {1, 2, 3, 4, 5});
  const Datasets datasets = discs();
  std::vector<std::string> alone;
  for (const uint64_t seed : plan.seeds) {
    recipe::Recipe recipe = plan.recipes.front();
    recipe.seed = seed;
    ThreadPool pool(2);
    alone.push_back(ladder::run_recipe(recipe, datasets.at("./discs"), pool,
                                       {folder_ / "alone" / std::to_string(seed)}, nullptr, {})
                        .record.weights_sha256);
  }
  const auto sweep_with = [&](const fs::path& folder) {
    Sweep sweep(plan, folder);
    LocalCrew crew(3, datasets, 30);
    Crew* const crews[] = {&crew};
    sweep.run(crews, {});
    std::vector<std::string> hashes;
    for (const SweepRun& run : sweep.runs())
      hashes.push_back(run.record ? run.record->weights_sha256 : run.error);
    return hashes;
  };
  EXPECT_EQ(sweep_with(folder_ / "sweep"), alone);
  // A damaged result, or another run's, is made again; the others stay unchanged.
  const fs::path runs = folder_ / "sweep" / "runs";
  replace_file(runs / "small-seed2" / "result.json", "{");
  fs::copy_file(runs / "small-seed4" / "result.json", runs / "small-seed3" / "result.json",
                fs::copy_options::overwrite_existing);
  const auto untouched = fs::last_write_time(runs / "small-seed1" / "result.json");
  EXPECT_EQ(Sweep(plan, folder_ / "sweep").unfinished(), 2U);
  EXPECT_EQ(sweep_with(folder_ / "sweep"), alone);
  EXPECT_EQ(fs::last_write_time(runs / "small-seed1" / "result.json"), untouched);
  EXPECT_EQ(Sweep(plan, folder_ / "sweep").unfinished(), 0U);
}

TEST_F(SweepTest, AFolderIsOneSweeps) {
  const SweepPlan plan = make_plan(std::vector{small_recipe()}, {}, {1});
  store_plan(folder_, plan);
  require_same_recipes(folder_, make_plan(std::vector{small_recipe()}, {}, {7, 8}));
  const std::vector<recipe::Setting> settings = {{"optimizer.lr", "0.5"}};
  const recipe::Recipe other = recipe::with_settings(small_recipe(), settings);
  EXPECT_THAT(message_of([&] { require_same_recipes(folder_, make_plan(std::vector{other}, {}, {1})); }),
              HasSubstr("optimizer.lr is 0.05 there, and 0.5 now"));
  EXPECT_THAT(
      message_of([&] { require_same_recipes(folder_, make_plan(std::vector{small_recipe("x")}, {}, {1})); }),
      HasSubstr("with the recipe small, which this command does not name"));
}

// A folder keeps the names that its recipes have, which were made of all settings once.
TEST_F(SweepTest, ARecipeKeepsTheNameThatItHasInTheFolder) {
  const std::vector<recipe::Setting> settings = {{"optimizer.lr", "0.5"}, {"optimizer.momentum", "0.9"}};
  recipe::Recipe old = recipe::with_settings(small_recipe(), settings);
  old.name = "small-lr=0.5-momentum=0.9";
  store_plan(folder_, make_plan(std::vector{old}, {}, {1}));
  const std::vector<std::string> grid = {"optimizer.lr=0.5", "optimizer.momentum=0.8,0.9"};
  const Sweep sweep(make_plan(std::vector{small_recipe()}, grid, {1}), folder_);
  ASSERT_EQ(sweep.plan().recipes.size(), 2U);
  EXPECT_EQ(sweep.plan().recipes[0].name, "small-momentum=0.8");
  EXPECT_EQ(sweep.plan().recipes[1].name, old.name);
  EXPECT_EQ(sweep.runs()[1].name, old.name + "-seed1");
}

TEST_F(SweepTest, APlanReadsBackAndNothingElseIsOne) {
  const std::vector<std::string> grid = {"optimizer.lr=0.1,0.2"};
  const SweepPlan plan = make_plan(std::vector{small_recipe("b"), small_recipe("a")}, grid, {3, 1});
  EXPECT_FALSE(ladder::holds_sweep(folder_));
  store_plan(folder_, plan);
  ASSERT_TRUE(ladder::holds_sweep(folder_));
  const SweepPlan read = load_plan(folder_);
  EXPECT_THAT(read.seeds, ElementsAre(3, 1));
  EXPECT_EQ(read.settings, 2U);
  ASSERT_EQ(read.recipes.size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    recipe::Recipe expected = plan.recipes[i];
    expected.seed = 0;  // each run has its own
    EXPECT_EQ(read.recipes[i].name, expected.name);
    EXPECT_FALSE(recipe::first_difference(read.recipes[i], expected));
  }
  const auto text = [](const std::string& recipes, const std::string& seeds, const std::string& settings) {
    return R"({"format":"rung-sweep-plan","version":1,"recipes":)" + recipes + R"(,"settings":)" + settings +
           R"(,"seeds":)" + seeds + "}";
  };
  EXPECT_EQ(parse_plan(text(R"(["a"])", "[1]", "1"), "x").recipes.front(), "a");
  for (const std::string& bad :
       {text(R"(["../a"])", "[1]", "1"), text(R"(["a\u0000"])", "[1]", "1"), text(R"([""])", "[1]", "1"),
        text(R"(["a","a"])", "[1]", "1"), text(R"(["a"])", "[1,1]", "1"), text(R"(["a"])", "[-1]", "1"),
        text(R"(["a"])", "[]", "1"), text("[]", "[1]", "1"), text(R"(["a"])", "[1]", "2"),
        text(R"(["a"])", "[1]", "0"), text(R"(["a","b","c"])", "[1]", "2"), text(R"({"a":1})", "[1]", "1"),
        std::string("{"), std::string("[]")})
    EXPECT_THROW(parse_plan(bad, "x"), DataError) << bad;
  fs::rename(folder_ / "recipes" / "a-lr=0.1.toml", folder_ / "recipes" / "a-lr=0.2.toml");
  EXPECT_THROW(load_plan(folder_), Error);
}

// A sweep as an observer sees it, from before its first run to after its last.
TEST_F(SweepTest, IsSeenFromOutside) {
  using train::RunState;
  const SweepPlan first = make_plan(std::vector{small_recipe()}, {}, {1});
  store_plan(folder_, first);
  SweepWatcher watcher(folder_);
  EXPECT_EQ(watcher.look().state, RunState::kStopped);
  const Datasets datasets = discs();
  {
    Sweep sweep(first, folder_);
    EXPECT_EQ(watcher.look().state, RunState::kRunning);
    LocalCrew crew(1, datasets, 0);
    Crew* const crews[] = {&crew};
    sweep.run(crews, {});
    EXPECT_EQ(watcher.look().state, RunState::kRunning) << "it may have its results to write";
    EXPECT_EQ(watcher.runs().front().record->weights_sha256, sweep.runs().front().record->weights_sha256);
  }
  EXPECT_EQ(watcher.look().state, RunState::kFinished);

  // Three more seeds: one has an epoch done, one diverges, and one waits.
  const Sweep more(make_plan(std::vector{small_recipe()}, {}, {1, 2, 3, 4}), folder_);
  EXPECT_EQ(watcher.look().state, RunState::kRunning);
  ASSERT_EQ(watcher.runs().size(), 4U);
  EXPECT_TRUE(watcher.runs().front().record);
  const double whole = watcher.runs().front().record->total_seconds();
  const int epochs = small_recipe().training.epochs;
  {
    const train::RunDirectory second(folder_ / "runs" / "small-seed2", "a recipe", train::Start::kNew);
    const train::RunRecord& record = *watcher.runs().front().record;
    replace_file(folder_ / "runs" / "small-seed2" / train::kMetricsFile,
                 train::to_json_lines(std::span(record.epochs).first(1)));
    make_writable_folder(folder_ / "runs" / "small-seed3");
    replace_file(folder_ / "runs" / "small-seed3" / kDivergedFile, "why\n");
    const SweepStatus status = watcher.look();
    EXPECT_EQ(status.over, 2U);
    EXPECT_EQ(status.diverged, 1U);
    ASSERT_EQ(status.under_way.size(), 1U);
    EXPECT_EQ(status.under_way.front().run, 1U);
    EXPECT_EQ(status.under_way.front().status.epochs.size(), 1U);
    EXPECT_DOUBLE_EQ(status.done, 2 + 1.0 / epochs);
    EXPECT_NEAR(*status.seconds_left, whole * (2 - 1.0 / epochs), 1e-9 * whole);
  }
  EXPECT_FALSE(watcher.look().seconds_left) << "nothing is under way";
}

// Invented times do no harm.
TEST_F(SweepTest, IsSeenWithoutATimeThatIsNone) {
  store_plan(folder_, make_plan(std::vector{small_recipe()}, {}, {1, 2}));
  const FolderLock lock(folder_);
  const train::RunDirectory run(folder_ / "runs" / "small-seed1", "a recipe", train::Start::kNew);
  train::EpochRecord epoch{.epoch = 1, .weights_sha256 = std::string(64, 'a')};
  epoch.train_seconds = epoch.test_seconds = std::numeric_limits<double>::max();
  replace_file(folder_ / "runs" / "small-seed1" / train::kMetricsFile,
               train::to_json_lines(std::span(&epoch, 1)));
  SweepWatcher watcher(folder_);
  const SweepStatus status = watcher.look();
  EXPECT_EQ(status.under_way.size(), 1U);
  EXPECT_FALSE(status.seconds_left);
}

SweepRun run_of(size_t recipe, uint64_t seed, double accuracy) {
  SweepRun run{.recipe = recipe, .seed = seed, .name = "", .record = {}, .error = {}};
  if (accuracy == 0) {
    run.diverged = true;
    run.error = "why";
    return run;
  }
  run.record.emplace();
  run.record->epochs.push_back({.epoch = 1, .test_accuracy = accuracy, .weights_sha256 = ""});
  return run;
}

// Three seeds of two recipes, by hand; the first recipe's third run diverged.
TEST(SweepStatistics, CountTargetsAndPairBySeed) {
  recipe::Recipe second = small_recipe("second");
  second.targets = {
      {"above", recipe::Metric::kFinalTestAccuracy, recipe::Comparison::kAbove, 91.0},
      {"more", recipe::Metric::kFinalTestAccuracy, recipe::Comparison::kAbove, recipe::Previous{}}};
  recipe::Recipe first = small_recipe("first");
  first.targets = second.targets;
  second.reference = {.source = "they",
                      .best_train_accuracy = 99,
                      .best_test_accuracy = 98,
                      .final_test_accuracy = 91.504,
                      .mean_last3_test_accuracy = 90};
  const SweepPlan plan = make_plan(std::vector{first, second}, {}, {1, 2, 3});
  const std::vector<SweepRun> runs = {run_of(0, 1, 90), run_of(0, 2, 92),   run_of(0, 3, 0),
                                      run_of(1, 1, 91), run_of(1, 2, 91.5), run_of(1, 3, 93)};
  const SweepStatistics statistics = statistics_of(plan, runs);
  const auto& targets = statistics.recipes[0].targets;
  EXPECT_EQ(targets[0].met, 1);
  EXPECT_EQ(targets[0].judged, 3) << "a run that diverged misses";
  EXPECT_EQ(targets[1].judged, 0) << "there is no recipe before";
  const auto& second_targets = statistics.recipes[1].targets;
  EXPECT_EQ(second_targets[0].met, 2);
  EXPECT_EQ(second_targets[1].met, 1);
  EXPECT_EQ(second_targets[1].judged, 2) << "of seed 3 there is nothing to compare with";
  const auto& references = statistics.recipes[1].references;
  ASSERT_EQ(references.size(), 3U);
  EXPECT_EQ(references[0].metric, recipe::Metric::kFinalTestAccuracy);
  EXPECT_THAT((std::vector{references[0].below, references[0].equal, references[0].above}),
              ElementsAre(1, 1, 1));
  EXPECT_THAT((std::vector{references[1].below, references[1].equal, references[1].above}),
              ElementsAre(3, 0, 0));
  EXPECT_EQ(references[1].expected(), false);
  EXPECT_EQ(references[2].expected(), true);
  EXPECT_TRUE(statistics.recipes[0].references.empty());
  const Comparison& comparison = statistics.comparisons.front();
  EXPECT_EQ(comparison.metric, recipe::Metric::kFinalTestAccuracy);
  ASSERT_TRUE(comparison.test);
  EXPECT_EQ(comparison.test->differences.count, 2U);
  EXPECT_NEAR(comparison.test->differences.mean, (1 - 0.5) / 2, 1e-12);
  EXPECT_EQ(comparison.diverged, 1U);
  EXPECT_EQ(comparison.verdict(), Verdict::kNotJudged);
  Comparison without = comparison;
  without.diverged = 0;
  EXPECT_EQ(without.verdict(), Verdict::kNotToldApart);
}

SweepRun balanced_run(double accuracy, double balanced) {
  SweepRun run = run_of(0, 1, accuracy);
  run.record->test_images = 10'000;
  run.record->epochs.back().balanced_test_accuracy = balanced;
  return run;
}

std::vector<std::string> titles_of(const SweepPlan& plan, const SweepRun& run) {
  std::vector<std::string> titles;
  for (const SweepTable& table : sweep_tables(plan, statistics_of(plan, std::vector{run})))
    titles.push_back(table.title);
  return titles;
}

TEST(SweepTables, BalancedAccuracyIsThereWhereItSaysMore) {
  const SweepPlan plan = make_plan(std::vector{small_recipe()}, {}, {1});
  constexpr const char* kTitle = "Balanced test accuracy after the last epoch, %";
  EXPECT_THAT(titles_of(plan, balanced_run(99, 98.9)), ::testing::Not(::testing::Contains(kTitle)));
  EXPECT_THAT(titles_of(plan, balanced_run(99, 98.5)), ::testing::Contains(kTitle));
  EXPECT_THAT(titles_of(plan, run_of(0, 1, 99)), ::testing::Not(::testing::Contains(kTitle)));
}

TEST(SweepTables, AMeanOfThreeEpochsNeedsThree) {
  recipe::Recipe recipe = small_recipe();
  constexpr const char* kTitle = "Mean test accuracy of the last 3 epochs, %";
  for (const int epochs : {2, 3}) {
    recipe.training.epochs = epochs;
    const auto titles = titles_of(make_plan(std::vector{recipe}, {}, {1}), run_of(0, 1, 99));
    EXPECT_EQ(std::ranges::count(titles, kTitle), epochs == 3 ? 1 : 0);
  }
}

TEST(SweepTables, SayWhatAReferenceDidOtherwise) {
  recipe::Recipe recipe = small_recipe();
  recipe.reference = {"they", 99, 98, 97, 96, "mnist", 16};
  const auto statistics = [&] {
    const SweepPlan plan = make_plan(std::vector{recipe}, {}, {1});
    return statistics_of(plan, std::vector{run_of(0, 1, 97)});
  };
  EXPECT_TRUE(statistics().recipes[0].references.empty()) << "other images";
  EXPECT_THAT(sweep_remarks(statistics()), ElementsAre(HasSubstr("(they) was trained on mnist")));
  recipe.reference->dataset.clear();
  EXPECT_EQ(statistics().recipes[0].references.size(), 3U);
  EXPECT_THAT(sweep_remarks(statistics()), ElementsAre(HasSubstr("trained for 16 epochs, this run for 3")));
}

// As run_of(), with a validation accuracy.
SweepRun validated_run_of(size_t recipe, uint64_t seed, double accuracy, double validation_accuracy) {
  SweepRun run = run_of(recipe, seed, accuracy);
  run.record->validation_images = 100;
  run.record->epochs.back().validation = {.accuracy = validation_accuracy};
  return run;
}

recipe::Recipe on(const std::string& name, const std::string& dataset, int validation = 0) {
  recipe::Recipe recipe = small_recipe(name);
  recipe.dataset.name = dataset;
  recipe.dataset.validation = validation;
  return recipe;
}

constexpr auto kTest = recipe::Metric::kFinalTestAccuracy;
constexpr auto kValidation = recipe::Metric::kFinalValidationAccuracy;

// The comparison of the recipes `first` and `second` by a metric.
Comparison comparison_of(const SweepStatistics& statistics, recipe::Metric metric, size_t first,
                         size_t second) {
  for (const Comparison& one : statistics.comparisons)
    if (one.metric == metric && one.first == first && one.second == second) return one;
  throw std::out_of_range("no such comparison");
}

// The second recipe has the other's figures and more, but of another dataset.
TEST(SweepStatistics, RecipesWithDifferentTestSetsAreNotCompared) {
  recipe::Recipe other = on("other", "./others");
  const recipe::Previous previous;
  other.targets = {{"more", kTest, recipe::Comparison::kAbove, previous},
                   {"smaller", recipe::Metric::kParams, recipe::Comparison::kAtMost, previous}};
  std::vector<uint64_t> seeds;
  std::vector<SweepRun> runs;
  for (size_t recipe = 0; recipe < 3; ++recipe)
    for (uint64_t seed = 0; seed < 8; ++seed)
      runs.push_back(
          run_of(recipe, seed, 90 + static_cast<double>(recipe) + 0.01 * static_cast<double>(seed)));
  for (uint64_t seed = 0; seed < 8; ++seed) seeds.push_back(seed);
  const SweepPlan plan =
      make_plan(std::vector{on("first", "./discs"), other, on("third", "./discs")}, {}, seeds);
  const SweepStatistics statistics = statistics_of(plan, runs);
  const Comparison apart = comparison_of(statistics, kTest, 0, 1);
  EXPECT_FALSE(apart.test);
  EXPECT_EQ(apart.verdict(), Verdict::kNotCompared);
  EXPECT_EQ(comparison_of(statistics, kTest, 1, 2).verdict(), Verdict::kNotCompared);
  const Comparison alike = comparison_of(statistics, kTest, 0, 2);
  EXPECT_EQ(alike.verdict(), Verdict::kBetter);
  EXPECT_EQ(alike.wilcoxon_adjusted, alike.test->wilcoxon_p) << "it is the only one that counts";
  const auto& targets = statistics.recipes[1].targets;
  EXPECT_EQ(targets[0].judged, 0) << "the recipe before has other test images";
  EXPECT_EQ(targets[1].judged, 8) << "parameters need no images";
  const SweepTable table = sweep_tables(plan, statistics).back();
  EXPECT_THAT(table.rows[1],
              ElementsAre("other", "first", "–", "–", "–", "–", "–", "not compared: other images"));
}

// The second recipe is better on the validation images, and worse on the test images.
TEST(SweepStatistics, RecipesWithAValidationSplitAreComparedOnIt) {
  std::vector<uint64_t> seeds;
  std::vector<SweepRun> runs;
  for (uint64_t seed = 0; seed < 8; ++seed) seeds.push_back(seed);
  for (size_t recipe = 0; recipe < 2; ++recipe)
    for (const uint64_t seed : seeds)
      runs.push_back(validated_run_of(recipe, seed, 95 - static_cast<double>(recipe),
                                      90 + static_cast<double>(recipe) + 0.01 * static_cast<double>(seed)));
  const auto plan_with = [&](int first, int second) {
    return make_plan(std::vector{on("first", "./discs", first), on("second", "./discs", second)}, {}, seeds);
  };
  const SweepPlan plan = plan_with(100, 100);
  const SweepStatistics statistics = statistics_of(plan, runs);
  EXPECT_EQ(statistics.compared, kValidation);
  EXPECT_EQ(comparison_of(statistics, kValidation, 0, 1).verdict(), Verdict::kBetter);
  EXPECT_EQ(comparison_of(statistics, kTest, 0, 1).verdict(), Verdict::kWorse);
  const auto tables = sweep_tables(plan, statistics);
  EXPECT_EQ(tables.front().title, "Validation accuracy after the last epoch, %");
  EXPECT_EQ(tables[1].title, "Best test accuracy, %");
  EXPECT_EQ(tables.back().title,
            "Compared on the same seeds: validation accuracy after the last epoch, points");
  EXPECT_EQ(tables.back().rows[1].back(), "better");
  EXPECT_THAT(sweep_notes(statistics), HasSubstr("compared by validation accuracy after the last epoch"));
  // With other validation images in each there is nothing to compare but the test images.
  const SweepStatistics apart = statistics_of(plan_with(100, 200), runs);
  EXPECT_EQ(apart.compared, kTest);
  EXPECT_EQ(comparison_of(apart, kValidation, 0, 1).verdict(), Verdict::kNotCompared);
  EXPECT_EQ(compared_metric(plan_with(100, 0)), kTest);
}

// Two recipes of a grid, over enough seeds that one is better.
struct Tables {
  SweepPlan plan;
  std::vector<SweepTable> tables;
};

Tables grid_tables() {
  const std::vector<std::string> grid = {"optimizer.lr=0.01,0.02", "optimizer.momentum=0.8,0.9"};
  std::vector<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 20; ++seed) seeds.push_back(seed);
  SweepPlan plan = make_plan(std::vector{small_recipe("step5")}, grid, seeds);
  std::vector<SweepRun> runs;
  for (size_t recipe = 0; recipe < plan.recipes.size(); ++recipe)
    for (const uint64_t seed : seeds)
      runs.push_back(
          run_of(recipe, seed, 90 + static_cast<double>(recipe) + 0.01 * static_cast<double>(seed)));
  auto tables = sweep_tables(plan, statistics_of(plan, runs));
  return {std::move(plan), std::move(tables)};
}

TEST(SweepTables, ANarrowTerminalKeepsTheDifferenceAndWhatItIsWorth) {
  const SweepTable comparisons = grid_tables().tables.back();
  EXPECT_THAT(fitted(comparisons, 200).rows.front(),
              ElementsAre("recipe", "against", "seeds", "difference", "95 % interval", "t-test p",
                          "signed-rank p", "it is"));
  EXPECT_THAT(fitted(comparisons, 100).rows.front(),
              ElementsAre("recipe", "against", "difference", "t-test p", "signed-rank p", "it is"));
  EXPECT_THAT(fitted(comparisons, 80).rows.front(),
              ElementsAre("recipe", "against", "difference", "t-test p", "it is"));
  const SweepTable narrow = fitted(comparisons, 60);
  EXPECT_THAT(narrow.rows.front(), ElementsAre("recipe", "against", "difference", "it is"));
  EXPECT_THAT(narrow.rows[1][0], HasSubstr("…"));
  EXPECT_TRUE(narrow.rows[1][0].starts_with("step5") && narrow.rows[1][0].ends_with("0.9"))
      << narrow.rows[1][0];
  const SweepTable targets = {
      .title = "",
      .rows = {{"recipe: target", "met by", "share", "95 % interval"},
               {"step5: test accuracy above 99.4 %", "11 of 20", "55 %", "34 to 74 %"}},
      .ranks = {0, 0, 1, 2}};
  EXPECT_THAT(fitted(targets, 60).rows[1], ElementsAre(_, "11 of 20", "55 %"));
}

TEST(SweepTables, AnIntervalOfAccuraciesHoldsNoImpossibleOnes) {
  const SweepPlan plan = make_plan(std::vector{small_recipe()}, {}, {1, 2});
  const std::vector<SweepRun> runs = {run_of(0, 1, 97), run_of(0, 2, 99)};
  // 98 ± 12.71
  EXPECT_EQ(sweep_tables(plan, statistics_of(plan, runs))[0].rows[1][4], "85.29 to 100.00");
}

}  // namespace
}  // namespace rung::sweep

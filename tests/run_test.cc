// A recipe's run as an observer sees it: where it stops, when it writes a checkpoint, what is reported first.
#include "ladder/run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "data_test_files.h"
#include "short_run.h"

namespace rung::ladder {
namespace {

namespace fs = std::filesystem;
using testing::discs;
using testing::kEpochs;
using testing::small_recipe;

struct CutOff {};

class RunTest : public ::testing::Test {
 protected:
  Outcome run(const RunPlace& place, const Observer& observer = {}) {
    return run_recipe(small_recipe(), discs(), pool_, place, nullptr, observer);
  }

  // The position of the checkpoint in a run's folder; zeros if there is none.
  train::Position saved_in(const fs::path& folder) {
    train::Trainer trainer(experiment_of(small_recipe()), discs(), pool_);
    train::RunDirectory directory(folder, recipe::to_toml(small_recipe()), train::Start::kResume);
    return directory.restore(trainer, data::sha256(discs())).position;
  }

  int batches_per_epoch() {
    return train::Trainer(experiment_of(small_recipe()), discs(), pool_).batches_per_epoch();
  }

  data::TemporaryFolder folder_;
  ThreadPool pool_{2};
};

TEST_F(RunTest, StopsAfterTheBatchAtWhichItIsAskedTo) {
  const std::string whole = run({folder_.path() / "whole"}).record.weights_sha256;
  const int batches = batches_per_epoch();
  ASSERT_GT(batches, 2);
  for (int last = 1; last < batches; ++last) {
    const fs::path folder = folder_.path() / std::to_string(last);
    int done = 0;
    Observer observer;
    observer.on_batch = [&](const train::Progress&) { ++done; };
    observer.should_stop = [&] { return done == batches + last; };
    EXPECT_THROW(run({.folder = folder, .checkpoint_seconds = 0}, observer), Stopped);
    EXPECT_EQ(done, batches + last);
    const train::Position saved = saved_in(folder);
    EXPECT_EQ(saved.epochs, 1);
    EXPECT_EQ(saved.batches, last);
    EXPECT_EQ(run({folder, train::Start::kResume}).record.weights_sha256, whole);
  }
}

// A run that dies at the third batch of the second epoch.
TEST_F(RunTest, WritesACheckpointWhenItIsTime) {
  const auto saved_with = [&](const char* name, double checkpoint_seconds) {
    Observer observer;
    observer.on_batch = [](const train::Progress& progress) {
      if (progress.epoch == 2 && progress.batch == 3) throw CutOff();
    };
    const RunPlace place{.folder = folder_.path() / name, .checkpoint_seconds = checkpoint_seconds};
    EXPECT_THROW(run(place, observer), CutOff);
    const train::Position saved = saved_in(place.folder);
    EXPECT_EQ(saved.epochs, 1);
    return saved.batches;
  };
  EXPECT_EQ(saved_with("always", 1e-9), 2);
  EXPECT_EQ(saved_with("never", 1e9), 0);
  EXPECT_EQ(saved_with("at-the-ends-of-epochs", 0), 0);
}

TEST_F(RunTest, TellsOfAnEpochBeforeTheFolderDoesAndAgainAfter) {
  const fs::path folder = folder_.path() / "run";
  const auto written = [&] {
    return fs::exists(folder / train::kMetricsFile) ? train::read_epochs(folder).size() : 0;
  };
  std::vector<size_t> before, after;
  Observer observer;
  observer.on_evaluated = [&](const auto& epoch, const auto&, const auto& trainer) {
    EXPECT_EQ(epoch.weights_sha256, nn::weights_sha256(trainer.weights()));
    before.push_back(written());
  };
  observer.on_epoch = [&](const auto&, const auto&) { after.push_back(written()); };
  run({folder}, observer);
  EXPECT_EQ(before, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(after, (std::vector<size_t>{1, 2, 3}));
}

}  // namespace
}  // namespace rung::ladder

// A run as an observer sees it: progress.json, and whether the run waits, is running, was interrupted or has
// finished.
#include "train/run_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "base/file.h"
#include "data_test_files.h"
#include "train/run_directory.h"

namespace rung::train {
namespace {

namespace fs = std::filesystem;
using data::TemporaryFolder;
using namespace std::chrono_literals;

const Progress kProgress{.epoch = 2,
                         .epochs = 3,
                         .batch = 5,
                         .batches = 9,
                         .images = 640,
                         .correct = 600,
                         .loss = 0.25,
                         .seconds = 1.5};

std::string text_of(Progress progress) {
  return to_json(progress).dump();
}

EpochRecord record(int epoch) {
  EpochRecord result;
  result.epoch = epoch;
  result.weights_sha256 = std::string(64, 'a');
  return result;
}

TEST(ProgressFile, ReadsBackWhatItSays) {
  const auto read = parse_progress(text_of(kProgress));
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(*read), text_of(kProgress));
}

TEST(ProgressFile, RefusesWhatNoJobCanBeAt) {
  for (const char* text : {"", "{", "[]", "7", R"({"format":"rung-progress","version":1})"})
    EXPECT_FALSE(parse_progress(text)) << text;
  const auto refuses = [](auto change) {
    Progress progress = kProgress;
    change(progress);
    return !parse_progress(text_of(progress));
  };
  EXPECT_TRUE(refuses([](Progress& p) { p.epoch = 4; }));
  EXPECT_TRUE(refuses([](Progress& p) { p.epoch = 0; }));
  EXPECT_TRUE(refuses([](Progress& p) { p.batch = 10; }));
  EXPECT_TRUE(refuses([](Progress& p) { p.batch = p.batches = 0; }));
  EXPECT_TRUE(refuses([](Progress& p) { p.images = 4; }));
  EXPECT_TRUE(refuses([](Progress& p) { p.correct = 641; }));
  EXPECT_TRUE(refuses([](Progress& p) { p.correct = -1; }));
  EXPECT_TRUE(refuses([](Progress& p) { p.seconds = -1; }));
  std::string other = text_of(kProgress);
  other.replace(other.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_FALSE(parse_progress(other));
}

class RunStatusTest : public ::testing::Test {
 protected:
  RunState state(int epochs = 3) const { return look_at_run(run_, epochs).state; }

  TemporaryFolder folder_;
  fs::path run_ = folder_.path() / "run";
};

TEST_F(RunStatusTest, TellsTheStatesApart) {
  EXPECT_EQ(state(), RunState::kNotBegun);
  {
    RunDirectory directory(run_, "a recipe", Start::kNew);
    EXPECT_EQ(state(), RunState::kRunning);
    EXPECT_TRUE(look_at_run(run_, 3).epochs.empty());
  }
  EXPECT_EQ(state(), RunState::kStopped);
  replace_file(run_ / kMetricsFile, to_json_lines(std::vector{record(1), record(2)}));
  EXPECT_EQ(look_at_run(run_, 3).epochs.size(), 2U);
  replace_file(run_ / kResultFile, "{}");
  EXPECT_EQ(state(), RunState::kStopped);
  EXPECT_EQ(state(2), RunState::kFinished);
}

TEST_F(RunStatusTest, SaysWhyARunDivergedUntilItIsResumed) {
  { RunDirectory(run_, "a recipe", Start::kNew).record_divergence("epoch 3, batch 2: the loss is inf"); }
  EXPECT_EQ(look_at_run(run_, 3).divergence, "epoch 3, batch 2: the loss is inf");
  EXPECT_EQ(state(), RunState::kStopped);
  { const RunDirectory again(run_, "a recipe", Start::kResume); }
  EXPECT_EQ(look_at_run(run_, 3).divergence, "");
}

TEST_F(RunStatusTest, HasTheProgressOfTheEpochUnderWayOnly) {
  RunDirectory directory(run_, "a recipe", Start::kNew);
  replace_file(run_ / kProgressFile, text_of(kProgress));  // epoch 2
  EXPECT_FALSE(look_at_run(run_, 3).progress);
  replace_file(run_ / kMetricsFile, to_json_lines(std::vector{record(1)}));
  ASSERT_TRUE(look_at_run(run_, 3).progress);
  EXPECT_EQ(look_at_run(run_, 3).progress->batch, 5);
  replace_file(run_ / kMetricsFile, to_json_lines(std::vector{record(1), record(2)}));
  EXPECT_FALSE(look_at_run(run_, 3).progress);
  replace_file(run_ / kProgressFile, "no JSON");
  EXPECT_FALSE(look_at_run(run_, 3).progress);
}

TEST_F(RunStatusTest, ProgressIsPublishedAndGoesWithTheJob) {
  {
    RunDirectory directory(run_, "a recipe", Start::kNew);
    directory.publish(kProgress);
    EXPECT_FALSE(fs::exists(run_ / kProgressFile));  // not in the first second
    while (!fs::exists(run_ / kProgressFile)) {
      std::this_thread::sleep_for(10ms);
      directory.publish(kProgress);
    }
    EXPECT_EQ(read_text_file(run_ / kProgressFile, 1000), text_of(kProgress) + "\n");
  }
  EXPECT_FALSE(fs::exists(run_ / kProgressFile));
  // Leftovers of a killed job are removed when the run resumes.
  replace_file(run_ / kProgressFile, text_of(kProgress));
  replace_file(run_ / ".progress.json.1-0.tmp", "half");
  const RunDirectory directory(run_, "a recipe", Start::kResume);
  EXPECT_FALSE(fs::exists(run_ / kProgressFile));
  EXPECT_FALSE(fs::exists(run_ / ".progress.json.1-0.tmp"));
}

}  // namespace
}  // namespace rung::train

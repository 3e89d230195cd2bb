// Checkpoints and run folders: a run that is interrupted anywhere and resumed ends with the bits and records
// of an uninterrupted one; a damaged checkpoint, another run's, or one in use is refused.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/json_format.h"
#include "base/sha256.h"
#include "data_test_files.h"
#include "kernels/simd.h"
#include "short_run.h"
#include "train/run_directory.h"

namespace rung::train {
namespace {

namespace fs = std::filesystem;
using data::TemporaryFolder;
using rung::testing::discs;
using rung::testing::kEpochs;
using rung::testing::short_run;
using rung::testing::toolbox_run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kRecipe = "a recipe";
constexpr const char* kData = "the data's hash";

struct CutOff {};

// The text of a file without its times.
std::string timeless(const fs::path& file) {
  std::string text = read_text_file(file, 1 << 20);
  for (const char* key : {"\"train_seconds\":", "\"test_seconds\":", "\"validation_seconds\":"}) {
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
      const size_t from = at + std::string(key).size();
      text.erase(from, text.find(',', from) - from);
    }
  }
  return text;
}

// Trains in `directory` until `batches` more batches are done, or to the end of the run.
void train_on(Trainer& trainer, RunDirectory& directory, int batches) {
  while (trainer.position().epochs < trainer.experiment().training.epochs) {
    const TrainedEpoch trained = trainer.train_epoch([&](const Progress&) {
      if (--batches > 0) return;
      directory.save(trainer);
      throw CutOff();
    });
    const Evaluation test = trainer.evaluate(discs().test);
    std::optional<ValidationRecord> validation;
    if (trainer.validation_images() > 0) {
      const Evaluation evaluation = trainer.evaluate_validation();
      validation = {evaluation.loss, evaluation.accuracy, evaluation.seconds};
    }
    directory.add_epoch({.epoch = trained.epoch,
                         .lr = trained.lr,
                         .train_loss = trained.loss,
                         .train_accuracy = trained.accuracy,
                         .test_loss = test.loss,
                         .test_accuracy = test.accuracy,
                         .train_seconds = trained.seconds,
                         .test_seconds = test.seconds,
                         .weights_sha256 = nn::weights_sha256(trainer.weights()),
                         .validation = validation},
                        trainer);
  }
}

// The life of one process: opens the folder, resumes the run, and ends after `batches` batches or with the
// run.
RunDirectory::Found live(const fs::path& path, int batches = 1000, int threads = 2,
                         const Experiment& experiment = short_run()) {
  ThreadPool pool(threads);
  Trainer trainer(experiment, discs(), pool);
  RunDirectory directory(path, kRecipe, Start::kResume);
  auto found = directory.restore(trainer, kData);
  try {
    train_on(trainer, directory, batches);
  } catch (const CutOff&) {
  }
  return found;
}

// Writes a checkpoint whose checksum is right.
void write_checksummed(const fs::path& file, SafeTensors checkpoint) {
  checkpoint.metadata.erase("sha256");
  const std::string bytes = to_bytes(checkpoint);
  checkpoint.metadata["sha256"] = sha256_hex(std::as_bytes(std::span(bytes)));
  write_safetensors(file, checkpoint);
}

// How many batches the run has.
int batches_of_run() {
  ThreadPool pool(1);
  return kEpochs * Trainer(short_run(), discs(), pool).batches_per_epoch();
}

class CheckpointTest : public ::testing::Test {
 protected:
  void expect_as_uninterrupted(const fs::path& run, const Experiment& experiment = short_run()) {
    const fs::path whole = folder_.path() / "whole";
    if (!fs::exists(whole)) live(whole, 1000, 2, experiment);
    EXPECT_EQ(timeless(run / kMetricsFile), timeless(whole / kMetricsFile));
    EXPECT_EQ(read_text_file(run / kBestFile, 1 << 20), read_text_file(whole / kBestFile, 1 << 20));
  }

  // The message of the expected error.
  template <typename Expected, typename Action>
  static std::string message_of(Action action) {
    try {
      action();
    } catch (const Expected& error) {
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return "";
  }

  TemporaryFolder folder_;
  fs::path run_ = folder_.path() / "run";
};

TEST_F(CheckpointTest, EveryBatchIsAPlaceToGoOnFrom) {
  const auto targets = rung::testing::fused_targets();
  for (int batches = 1; batches <= batches_of_run(); ++batches) {
    const fs::path run = folder_.path() / std::to_string(batches);
    live(run, batches, 1);
    if (!targets.empty()) kernels::force_simd_target(targets[static_cast<size_t>(batches) % targets.size()]);
    const auto found = live(run, 1000, 3);
    kernels::force_simd_target("");
    SCOPED_TRACE(fmt::format("cut off after {} batches", batches));
    EXPECT_EQ(found.damage, "");
    expect_as_uninterrupted(run);
  }
}

// Every buffer of the optimiser, the average of the weights, and schedules that step per batch.
TEST_F(CheckpointTest, TheToolboxsStateComesBack) {
  for (int batches = 1; batches <= batches_of_run(); batches += 2) {
    const fs::path run = folder_.path() / std::to_string(batches);
    live(run, batches, 1, toolbox_run());
    live(run, 1000, 3, toolbox_run());
    SCOPED_TRACE(fmt::format("cut off after {} batches", batches));
    expect_as_uninterrupted(run, toolbox_run());
  }
}

TEST_F(CheckpointTest, RoundedWeightsComeBack) {
  train::Experiment rounded = short_run();
  rounded.training.quantize = optim::Quantize{.weight_bits = 2};
  for (int batches = 1; batches <= batches_of_run(); batches += 3) {
    const fs::path run = folder_.path() / std::to_string(batches);
    live(run, batches, 1, rounded);
    live(run, 1000, 3, rounded);
    SCOPED_TRACE(fmt::format("cut off after {} batches", batches));
    expect_as_uninterrupted(run, rounded);
  }
}

// The weights used in evaluation have the plain names, so any reader finds them.
TEST_F(CheckpointTest, TheAverageHasThePlainNames) {
  live(run_, 5, 1, toolbox_run());
  ThreadPool pool(1);
  Trainer trainer(toolbox_run(), discs(), pool);
  RunDirectory(run_, kRecipe, Start::kResume).restore(trainer, kData);
  EXPECT_EQ(load_weights(trainer.plan(), run_ / kCheckpointFile, kRecipe).parameters,
            trainer.weights().parameters);
  EXPECT_NE(trainer.weights().parameters, trainer.trained_weights().parameters);
  EXPECT_NE(trainer.weights().buffers, trainer.trained_weights().buffers);
}

TEST_F(CheckpointTest, ARunMayBeCutOffAfterEveryBatch) {
  for (int batches = 0; batches < batches_of_run() + kEpochs; ++batches) live(run_, 1);
  expect_as_uninterrupted(run_);
}

// The state that a kill leaves between two of the files written at an epoch's end.
TEST_F(CheckpointTest, TheCheckpointSetsTheOtherFilesRight) {
  live(run_, batches_of_run() - 2);
  const std::string metrics = read_text_file(run_ / kMetricsFile, 1 << 20);
  const auto after = [&](const std::string& left) {
    const fs::path run = folder_.path() / "cut";
    fs::remove_all(run);
    fs::copy(run_, run);
    if (left.empty()) fs::remove(run / kMetricsFile);
    if (!left.empty()) replace_file(run / kMetricsFile, left);
    std::ofstream(run / ".checkpoint.safetensors.123-0.tmp") << "half of a";
    std::ofstream(run / ".lock");
    live(run);
    EXPECT_FALSE(fs::exists(run / ".checkpoint.safetensors.123-0.tmp"));
    EXPECT_FALSE(fs::exists(run / ".lock"));
    expect_as_uninterrupted(run);
  };
  after("");
  after(metrics.substr(0, metrics.find('\n') + 1));
  after(metrics + metrics);
  after("{");
}

TEST_F(CheckpointTest, ABestFileThatIsAheadIsWrittenAgain) {
  live(run_, 5);
  fs::copy(run_, folder_.path() / "early");
  live(run_);
  fs::copy_file(run_ / kBestFile, folder_.path() / "early" / kBestFile, fs::copy_options::overwrite_existing);
  live(folder_.path() / "early");
  expect_as_uninterrupted(folder_.path() / "early");
}

// If the checkpoint were first, a run that is interrupted in between would resume without the epoch's best
// file.
TEST_F(CheckpointTest, TheBestFileIsWrittenBeforeIt) {
  live(run_, 2);
  fs::create_directories(run_ / kPreviousFile / "in the way");
  EXPECT_THROW(live(run_), IoError);
  EXPECT_EQ(read_safetensors(run_ / kBestFile, 1 << 20).metadata.at("epoch"), "1");
  fs::remove_all(run_ / kPreviousFile);
  EXPECT_EQ(live(run_).position.epochs, 0);
  expect_as_uninterrupted(run_);
}

TEST_F(CheckpointTest, ADamagedOneIsRefusedAndTheOneBeforeUsed) {
  live(run_, 6);
  const std::string whole = read_text_file(run_ / kCheckpointFile, 1 << 20);
  const std::string before = read_text_file(run_ / kPreviousFile, 1 << 20);
  const std::vector<std::string> damaged = {"", whole.substr(0, whole.size() / 2),
                                            whole.substr(0, whole.size() - 1), whole + "x"};
  for (const std::string& bytes : damaged) {
    const fs::path run = folder_.path() / "damaged";
    fs::remove_all(run);
    fs::copy(run_, run);
    replace_file(run / kCheckpointFile, bytes);
    const auto found = live(run, 2);
    EXPECT_THAT(found.damage, HasSubstr("checkpoint.safetensors"));
    EXPECT_EQ(found.position, (Position{.epochs = 1}));
    EXPECT_EQ(read_text_file(run / kPreviousFile, 1 << 20), before) << "the damaged one took its place";
    EXPECT_EQ(live(run).damage, "") << "the new checkpoint is whole, and so is the one before it";
    expect_as_uninterrupted(run);
  }
}

TEST_F(CheckpointTest, NoBitCanFlipUnnoticed) {
  live(run_, 2);
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  const fs::path file = run_ / kCheckpointFile;
  RunDirectory directory(run_, kRecipe, Start::kResume);
  std::string bytes = read_text_file(file, 1 << 20);
  for (size_t bit = 0; bit < bytes.size() * 8; bit += 61) {
    const char whole = bytes[bit / 8];
    bytes[bit / 8] = static_cast<char>(whole ^ (1 << bit % 8));
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_THROW(directory.restore(trainer, kData), DataError) << "bit " << bit;
    EXPECT_EQ(trainer.position(), Position{}) << "the trainer is as it was";
    bytes[bit / 8] = whole;
  }
}

TEST_F(CheckpointTest, TheOneBeforeIsUsedWhereTheNewestIsMissing) {
  live(run_, 6);
  fs::remove(run_ / kCheckpointFile);
  EXPECT_THAT(live(run_).damage, HasSubstr("No such file"));
  expect_as_uninterrupted(run_);
}

TEST_F(CheckpointTest, AnotherRunsIsRefused) {
  live(run_, 6);
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  const auto restored = [&](const char* recipe, const char* data) {
    return message_of<UsageError>([&] { RunDirectory(run_, recipe, Start::kResume).restore(trainer, data); });
  };
  EXPECT_THAT(restored("another", kData), HasSubstr("belongs to another recipe"));
  EXPECT_THAT(restored(kRecipe, "others"), HasSubstr("was trained on other images"));
  if (rung::testing::fused_targets().empty()) return;
  for (const std::string& target : kernels::simd_targets()) {
    if (target.starts_with("avx") || target.starts_with("neon")) continue;
    kernels::force_simd_target(target);
    EXPECT_THAT(restored(kRecipe, kData), HasSubstr(target + " computes other bits"));
    kernels::force_simd_target("");
  }
}

// Text from a file must not pass for Rung's own, nor fill pages.
TEST_F(CheckpointTest, WhatItSaysOfItselfIsQuotedOnOneShortLine) {
  std::filesystem::create_directories(run_);
  SafeTensors tensors;
  tensors.metadata = {{"format", "rung-checkpoint"},
                      {"version", "9\nrung: all is well" + std::string(5000, 'x')}};
  write_safetensors(run_ / kCheckpointFile, tensors);
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  const std::string message =
      message_of<DataError>([&] { load_checkpoint(run_ / kCheckpointFile, {}, trainer); });
  EXPECT_THAT(message, HasSubstr(R"(version 9\x0arung: all is well)"));
  EXPECT_LT(message.size(), run_.string().size() + 300);
}

// Writes the checkpoint with another value of one key, and the checksum that belongs to it.
void forge(const fs::path& file, SafeTensors checkpoint, const std::string& key, const std::string& value) {
  checkpoint.metadata[key] = value;
  write_checksummed(file, std::move(checkpoint));
}

// "avx3" is what AVX-512 was called.
TEST_F(CheckpointTest, AnInstructionSetsOldNameCountsAsTheSame) {
  live(run_, 6);
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  const fs::path file = folder_.path() / "forged.safetensors";
  const SafeTensors whole = read_safetensors(run_ / kCheckpointFile, 1 << 20);
  const bool fuses = kernels::same_bits("avx512", kernels::simd_target());
  for (const char* name : {"avx3", "avx3_zen4"}) {
    forge(file, whole, "simd", name);
    const Origin origin = origin_of(kRecipe, kData);
    if (fuses) {
      load_checkpoint(file, origin, trainer);
    } else {
      EXPECT_THAT(message_of<UsageError>([&] { load_checkpoint(file, origin, trainer); }),
                  HasSubstr("was trained with avx512"));
    }
  }
}

TEST_F(CheckpointTest, OneOfOtherNumericsIsRefused) {
  live(run_, 6);
  const SafeTensors whole = read_safetensors(run_ / kCheckpointFile, 1 << 20);
  ThreadPool pool(1);
  const Trainer trainer(short_run(), discs(), pool);
  const auto refusal = [&](SafeTensors checkpoint, int numerics) {
    write_checksummed(run_ / kCheckpointFile, std::move(checkpoint));
    Origin origin = origin_of(kRecipe, kData);
    origin.numerics = numerics;
    const auto load = [&] { load_checkpoint(run_ / kCheckpointFile, origin, trainer); };
    EXPECT_EQ(message_of<UsageError>(load), message_of<UsageError>([&] {
                require_origin(run_ / kCheckpointFile, trainer.plan(), origin);
              }));
    return message_of<UsageError>(load);
  };
  EXPECT_THAT(refusal(whole, kNumericsRevision + 1),
              HasSubstr(fmt::format("(numerics revision {}; this version has revision {})", kNumericsRevision,
                                    kNumericsRevision + 1)));
}

// Rung reads what it wrote, even with the most that is kept: weights, their average and Adam's two buffers.
TEST_F(CheckpointTest, TheLargestIsWithinItsBound) {
  live(run_, 2, 1, toolbox_run());
  const SafeTensors checkpoint = read_safetensors(run_ / kCheckpointFile);
  uint64_t values = 0;
  for (const auto& [name, tensor] : checkpoint.floats) values += tensor.values.size();
  const nn::Plan plan = nn::make_plan(toolbox_run().model);
  EXPECT_EQ(values, 4 * plan.parameter_count + 2 * plan.buffer_count);
  EXPECT_GE(most_checkpoint_bytes(plan), values * sizeof(float) + kMostMetricsBytes);
}

// More epochs than a checkpoint holds the lines of, and a network that takes no time.
Experiment long_run() {
  Experiment run = short_run();
  run.model.layers = {nn::MaxPool2d{{4, 4}},
                      nn::Conv2d{.out_channels = rung::testing::kClasses, .kernel_size = {3, 3}},
                      nn::AdaptiveAvgPool2d{}};
  run.augment.clear();
  run.training.epochs = 2 * kMostRecentEpochs + 10;
  return run;
}

// A checkpoint leaves the first epochs to metrics.jsonl, wherever the run is interrupted.
TEST_F(CheckpointTest, ALongRunResumesFromAnywhere) {
  const int batches = 4 * long_run().training.epochs;
  for (const int epochs :
       {kMostRecentEpochs - 1, kMostRecentEpochs, kMostRecentEpochs + 1, 2 * kMostRecentEpochs}) {
    const fs::path run = folder_.path() / std::to_string(epochs);
    live(run, 4 * epochs + 2, 1, long_run());
    SCOPED_TRACE(fmt::format("cut off in epoch {}", epochs + 1));
    EXPECT_EQ(read_epochs(run).size(), static_cast<size_t>(epochs));
    EXPECT_EQ(live(run, batches, 1, long_run()).position.epochs, epochs);
    expect_as_uninterrupted(run, long_run());
  }
  const SafeTensors last = read_safetensors(folder_.path() / "whole" / kCheckpointFile);
  EXPECT_GE(last.metadata.at("metrics_epochs"), "100");
  const std::string metrics = read_text_file(folder_.path() / "whole" / kMetricsFile, 1 << 20);
  const size_t settled = std::stoul(last.metadata.at("metrics_bytes"));
  EXPECT_EQ(last.metadata.at("metrics_sha256"), sha256_hex(std::as_bytes(std::span(metrics).first(settled))));
  EXPECT_EQ(last.bytes.at("metrics.jsonl").values.size(), metrics.size() - settled);
}

// A checksum is not a signature: anyone who writes a file can write its checksum.
TEST_F(CheckpointTest, APlaceThatTheRunDoesNotHaveIsRefused) {
  live(run_, 6);
  const SafeTensors whole = read_safetensors(run_ / kCheckpointFile, 1 << 20);
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  const Origin origin = origin_of(kRecipe, kData);
  const auto load_with = [&](const std::string& key, const std::string& value) {
    const fs::path file = folder_.path() / "forged.safetensors";
    forge(file, whole, key, value);
    return load_checkpoint(file, origin, trainer);
  };
  EXPECT_EQ(load_with("epoch", whole.metadata.at("epoch")).state.position.epochs, 1);
  const std::string too_many_batches = std::to_string(trainer.batches_per_epoch() + 1);
  const std::pair<const char*, std::vector<std::string>> refused[] = {
      {"epoch", {"", "-1", "1.0", " 1", "1x", std::to_string(kEpochs + 1), "99999999999999999999"}},
      {"batch", {"-1", too_many_batches, "2147483648"}},
      {"correct", {"-1", "2147483647"}},
      {"loss_sum", {"-0.5", "nan", "inf", "1e999"}},
      {"seconds", {"-1", "nan", "inf"}},
      {"numerics", {"", "0", "1.5"}},
      {"metrics_epochs", {"", "-1", "2", "none"}},
      {"metrics_bytes", {"", "-1", "99999999999999999999"}},
  };
  for (const auto& [key, values] : refused)
    for (const std::string& value : values)
      EXPECT_THAT(message_of<DataError>([&] { load_with(key, value); }),
                  HasSubstr(fmt::format("its {} is out of range", key)))
          << value;
  EXPECT_THAT(message_of<DataError>([&] { load_with("epoch", "0"); }), HasSubstr("epochs are missing"));
}

TEST_F(CheckpointTest, WhatIsNotFiniteIsNotSaved) {
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  RunDirectory directory(run_, kRecipe, Start::kNew);
  directory.restore(trainer, kData);
  EXPECT_THROW(train_on(trainer, directory, 5), CutOff);
  const std::string good = read_text_file(run_ / kCheckpointFile, 1 << 20);
  const std::string before = read_text_file(run_ / kPreviousFile, 1 << 20);
  State state{trainer.position(), trainer.trained_weights(), std::nullopt, trainer.optimizer()};
  state.trained.parameters[3] = std::numeric_limits<float>::quiet_NaN();
  trainer.restore(std::move(state));
  EXPECT_EQ(message_of<DivergedError>([&] { directory.save(trainer); }),
            "after epoch 2, batch 1: a weight became NaN or infinite");
  EXPECT_THROW(directory.add_epoch({.epoch = 2, .test_accuracy = 100, .weights_sha256 = ""}, trainer),
               DivergedError);
  EXPECT_EQ(read_text_file(run_ / kCheckpointFile, 1 << 20), good);
  EXPECT_EQ(read_text_file(run_ / kPreviousFile, 1 << 20), before);
  EXPECT_EQ(directory.epochs().size(), 1U);
}

TEST_F(CheckpointTest, NeitherIsAnOptimizersStateThatIsNotFinite) {
  ThreadPool pool(1);
  Trainer trainer(short_run(), discs(), pool);
  RunDirectory directory(run_, kRecipe, Start::kNew);
  State state{trainer.position(), trainer.trained_weights(), std::nullopt, trainer.optimizer()};
  state.optimizer.buffers().back().values.back() = std::numeric_limits<float>::quiet_NaN();
  trainer.restore(std::move(state));
  EXPECT_THROW(directory.save(trainer), DivergedError);
  EXPECT_FALSE(fs::exists(run_ / kCheckpointFile));
}

TEST_F(CheckpointTest, AFolderIsOneProcesss) {
  ThreadPool pool(1);
  {
    const RunDirectory first(run_, kRecipe, Start::kNew);
    EXPECT_EQ(message_of<UsageError>([&] { RunDirectory(run_, kRecipe, Start::kResume); }),
              fmt::format("another process is writing to {}", run_.string()));
  }
  EXPECT_THROW(RunDirectory(run_, kRecipe, Start::kNew), UsageError) << "it holds a run";
  const RunDirectory again(run_, kRecipe, Start::kResume);
}

// Quadratic time would be hours here, beyond the limit of any test.
TEST(Json, ReadsAMillionObjectsAndRefusesDepth) {
  std::string text = "[{}";
  for (int i = 1; i < 1'000'000; ++i) text += ",{}";
  EXPECT_EQ(parse_json(text + "]").size(), 1'000'000U);
  EXPECT_TRUE(parse_json(text).is_null());
  EXPECT_FALSE(parse_json("[[[[[[[[1]]]]]]]]").is_null());
  EXPECT_TRUE(parse_json("[[[[[[[[[1]]]]]]]]]").is_null());
  EXPECT_TRUE(parse_json(R"(["\"[[[[[[[[[", "\\", [[[[[[[[[1]]]]]]]]]])").is_null());
  EXPECT_FALSE(parse_json(R"(["\"[[[[[[[[[", "\\"])").is_null());
}

TEST(JsonLines, GiveBackWhatWasWritten) {
  const std::string sha256(64, 'a');
  const std::vector<EpochRecord> epochs = {
      {1, 0.1, 1.0 / 3, 0, 5e-324, 100, 1e300, 0.25, sha256},
      {2, 0.01, 2, 99.5, 0.1 + 0.2, 0, 0, 7, sha256, ValidationRecord{1.0 / 3, 99, 0.5}}};
  const std::string text = to_json_lines(epochs);
  const auto found = parse_json_lines(text, "file");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].test_loss, epochs[1].test_loss);
  EXPECT_FALSE(found[0].validation);
  EXPECT_EQ(to_json_lines(found), text);
  EXPECT_TRUE(parse_json_lines("", "file").empty());
}

TEST(JsonLines, RefuseWhatIsNoEpoch) {
  const std::string good =
      to_json_lines(std::vector<EpochRecord>{{.epoch = 1, .weights_sha256 = std::string(64, '0')}});
  EXPECT_EQ(parse_json_lines(good, "file").size(), 1U);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& bad :
       {good + good, good + "\n", with("\"epoch\":1", "\"epoch\":2"), with("\"epoch\":1", "\"epoch\":1.0"),
        with("\"epoch\":1", "\"epoch\":4294967297"), with("\"lr\":0.0", "\"lr\":\"0\""),
        with("\"lr\":0.0", "\"lr\":1e999"), with("\"test_loss\":0.0,", ""), with("0000", "000g"),
        with("0000", "000"), std::string("[1]\n"), std::string("null\n"), std::string(100000, '[')})
    EXPECT_THROW(parse_json_lines(bad, "file"), DataError) << bad.substr(0, 300);
}

RunRecord finished_run() {
  const std::string sha256(64, 'a');
  return {.recipe = "step",
          .title = "A \x1b </script> title",
          .seed = std::numeric_limits<uint64_t>::max(),
          .params = 13590,
          .train_images = 60000,
          .validation_images = 1000,
          .test_images = 10000,
          .data_sha256 = std::string(64, 'd'),
          .epochs = {{1, 0.1, 1.0 / 3, 98, 0.2, 97, 1, 0.25, sha256},
                     {2, 0.1, 0.1, 99, 0.1, 98, 1, 0.25, sha256, ValidationRecord{0.2, 97.5, 0.125, 96.5},
                      98.25}},
          .train_accuracy_evaluated = 99.25,
          .train_evaluation_seconds = 0.5,
          .weights_sha256 = sha256,
          .machine = {"a processor", "avx2", 3},
          .test_classes = ClassResults{{5000, 4000, 0, 1000}, {5000, 3800, 0, 1000}, {5100, 3800, 0, 1100}},
          .train_classes = ClassResults{{30000, 30000}, {29900, 29650}, {30250, 29750}},
          .trained_weights_test_accuracy = 98.5};
}

// As version 0.1 wrote it.
RunRecord old_run() {
  RunRecord record = finished_run();
  for (EpochRecord& epoch : record.epochs) {
    epoch.balanced_test_accuracy.reset();
    if (epoch.validation) epoch.validation->balanced_accuracy.reset();
  }
  record.data_sha256.clear();
  record.test_classes.reset();
  record.train_classes.reset();
  record.trained_weights_test_accuracy.reset();
  return record;
}

TEST(Result, GivesBackWhatWasWritten) {
  const auto json = to_json(finished_run());
  EXPECT_EQ(to_json(parse_result(json.dump(2), "file")), json);
  EXPECT_EQ(finished_run().total_seconds(), 1.25 + 1.375 + 0.5) << "every evaluation is in it";
}

// A class without test images has no recall.
TEST(Result, SaysTheRecallOfEachClass) {
  const auto json = to_json(finished_run());
  EXPECT_EQ(json["test_recall"], nlohmann::json::parse("[100.0, 95.0, null, 100.0]"));
  EXPECT_EQ(json["final_balanced_test_accuracy"], 98.25);
  EXPECT_EQ(json["final_balanced_validation_accuracy"], 96.5);
  EXPECT_EQ(json["trained_weights_test_accuracy"], 98.5);
}

TEST(Result, OfTheVersionBeforeIsRead) {
  const auto json = to_json(old_run());
  for (const char* field : {"final_balanced_test_accuracy", "final_balanced_validation_accuracy",
                            "test_recall", "test_classes", "train_classes", "trained_weights_test_accuracy"})
    EXPECT_FALSE(json.contains(field)) << field;
  EXPECT_FALSE(json["epochs"][1].contains("balanced_test_accuracy"));
  EXPECT_EQ(to_json(parse_result(json.dump(), "file")), json);
  const auto lines = to_json_lines(old_run().epochs);
  EXPECT_EQ(to_json_lines(parse_json_lines(lines, "file")), lines);
}

// Counts that no evaluation of that many images can give.
TEST(Result, ClassesThatCannotBeAreRefused) {
  const auto good = to_json(finished_run());
  for (const auto& [field, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"images", "[5000, 4000, 0, 999]"},
                                                                  {"images", "[5000, 4000, 0]"},
                                                                  {"images", "[]"},
                                                                  {"images", "[5000, 4000, -1, 1001]"},
                                                                  {"images", "4"},
                                                                  {"correct", "[5001, 3800, 0, 1000]"},
                                                                  {"correct", "[5000, 3801, 0, 1000]"},
                                                                  {"predicted", "[5100, 3800, 0, 1101]"},
                                                                  {"predicted", "[5100, 3800, 0.5, 1100]"}}) {
    auto bad = good;
    bad["test_classes"][field] = nlohmann::json::parse(text);
    EXPECT_THROW(parse_result(bad.dump(), "file"), DataError) << field << " " << text;
  }
}

TEST(Result, EveryTruncationIsRefused) {
  const std::string whole = to_json(finished_run()).dump();
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(parse_result(whole.substr(0, length), "file"), DataError) << length;
}

TEST(Result, AnInstructionSetsOldNameIsTheNewOne) {
  RunRecord old = finished_run();
  old.machine.simd = "avx3";
  EXPECT_EQ(parse_result(to_json(old).dump(), "file").machine.simd, "avx512");
}

// Derived fields are not read.
TEST(Result, EveryFieldThatIsReadIsChecked) {
  const std::set<std::string> follow = {"best_epoch",
                                        "best_test_accuracy",
                                        "final_test_accuracy",
                                        "mean_last3_test_accuracy",
                                        "best_train_accuracy",
                                        "best_validation_epoch",
                                        "best_validation_accuracy",
                                        "final_validation_accuracy",
                                        "test_accuracy_at_best_validation",
                                        "overfitting_gap",
                                        "final_balanced_test_accuracy",
                                        "final_balanced_validation_accuracy",
                                        "test_recall",
                                        "train_seconds",
                                        "total_seconds"};
  const auto good = to_json(finished_run());
  for (const auto& item : good.items()) {
    auto bad = good;
    bad[item.key()] = nlohmann::json::array({nullptr});
    if (follow.contains(item.key())) {
      EXPECT_NO_THROW(parse_result(bad.dump(), "file")) << item.key();
    } else {
      EXPECT_THROW(parse_result(bad.dump(), "file"), DataError) << item.key();
    }
  }
  EXPECT_THROW(parse_result(std::string(1 << 20, '['), "file"), DataError) << "nested deeply";
  for (const char* text : {"[]", "1", "null", "{}", "\"x\"", "{\"epochs\": [{}]}"})
    EXPECT_THROW(parse_result(text, "file"), DataError) << text;
}

TEST(Result, AMessageNamesTheField) {
  auto bad = to_json(finished_run());
  bad["epochs"][1]["test_accuracy"] = 100.5;
  try {
    parse_result(bad.dump(), "file");
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "file: epoch 2: `test_accuracy` must be a number from 0 to 100");
  }
}

}  // namespace
}  // namespace rung::train

// What must never change: the bits of a trained model, whatever the number of threads and (with fused
// multiply-add) the SIMD target; the generator's published numbers; what a checkpoint's file gives back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/philox.h"
#include "kernel_testing.h"
#include "short_run.h"
#include "train/safetensors.h"
#include "train/trainer.h"

namespace rung {
namespace {

using testing::discs;
using testing::short_run;

struct Trained {
  std::string weights;
  std::vector<double> losses;  // of training and test, in turn
  double accuracy = 0;         // percent, in training

  friend bool operator==(const Trained&, const Trained&) = default;
};

Trained train_with(int threads, const train::Experiment& run = short_run()) {
  ThreadPool pool(threads);
  train::Trainer trainer(run, discs(), pool);
  Trained result;
  for (int epoch = 0; epoch < 3; ++epoch) {
    const train::TrainedEpoch trained = trainer.train_epoch();
    result.losses.insert(result.losses.end(), {trained.loss, trainer.evaluate(discs().test).loss});
    result.accuracy = trained.accuracy;
  }
  result.weights = nn::weights_sha256(trainer.weights());
  return result;
}

void expect_same_bits(const Trained& found, const Trained& expected, const std::string& what) {
  EXPECT_EQ(found.weights, expected.weights) << what;
  EXPECT_EQ(found.losses, expected.losses) << what;
  EXPECT_EQ(found.accuracy, expected.accuracy) << what;
}

class InvarianceTest : public rung::testing::EveryTarget {};

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBits) {
  const Trained one = train_with(1);
  EXPECT_GT(one.accuracy, 40) << "the model should learn something, or the test says little";
  for (const int threads : {2, 3, 7})
    expect_same_bits(train_with(threads), one, fmt::format("{} threads", threads));
}

TEST_P(InvarianceTest, ThreadsDoNotChangeTheBitsOfResidualModels) {
  const Trained one = train_with(1, testing::residual_run());
  EXPECT_GT(one.accuracy, 40);
  for (const int threads : {2, 7})
    expect_same_bits(train_with(threads, testing::residual_run()), one, fmt::format("{} threads", threads));
}

INSTANTIATE_TEST_SUITE_P(Simd, InvarianceTest, ::testing::ValuesIn(kernels::simd_targets()),
                         rung::testing::target_name);

TEST(Invariance, SimdTargetsWithFusedMultiplyAddAgree) {
  const std::vector<std::string> targets = testing::fused_targets();
  if (targets.size() < 2) GTEST_SKIP() << "this machine has only one";
  for (const train::Experiment& run : {short_run(), testing::residual_run()}) {
    std::vector<Trained> trained;
    for (const std::string& target : targets) {
      kernels::force_simd_target(target);
      trained.push_back(train_with(2, run));
    }
    kernels::force_simd_target("");
    for (size_t i = 1; i < targets.size(); ++i)
      expect_same_bits(trained[i], trained[0], targets[i] + " and " + targets[0]);
  }
}

// A run with a validation split is a run without it on a smaller dataset.
TEST(Invariance, ValidationImagesAreNotTrainedOn) {
  train::Experiment run = testing::short_run();
  run.dataset.validation = 50;
  data::Dataset smaller = testing::discs();
  const auto pixels = static_cast<std::ptrdiff_t>(size_t{testing::kSide} * testing::kSide);
  data::Split& train = smaller.train;
  train.count -= 50;
  data::Split held_out = train;
  held_out.count = 50;
  held_out.pixels.assign(train.pixels.end() - 50 * pixels, train.pixels.end());
  held_out.labels.assign(train.labels.end() - 50, train.labels.end());
  train.pixels.resize(train.pixels.size() - static_cast<size_t>(50 * pixels));
  train.labels.resize(train.labels.size() - 50);
  ThreadPool pool(2);
  train::Trainer with(run, testing::discs(), pool);
  train::Trainer without(testing::short_run(), smaller, pool);
  with.train_epoch();
  without.train_epoch();
  EXPECT_EQ(nn::weights_sha256(with.weights()), nn::weights_sha256(without.weights()));
  EXPECT_EQ(with.evaluate_validation().predicted, without.evaluate(held_out).predicted);
  EXPECT_EQ(with.evaluate_validation().loss, without.evaluate(held_out).loss);
  EXPECT_EQ(with.evaluate_training().loss, without.evaluate(smaller.train).loss);
}

TEST(Invariance, AValidationSplitLeavesSomethingToTrainOn) {
  train::Experiment run = testing::short_run();
  run.dataset.validation = 149;
  EXPECT_THROW(train::require_fit(run, testing::discs()), UsageError);
}

// 149 images in batches of 37 leave one, whose values batch norm behind Flatten would be alone with.
TEST(Invariance, ALastBatchOfOneImageIsRefusedWhereBatchNormNeedsTwo) {
  train::Experiment run = testing::short_run();
  run.training.batch_size = 37;
  EXPECT_THROW(train::require_fit(run, testing::discs()), UsageError);
  std::erase_if(run.model.layers,
                [](const nn::LayerSpec& layer) { return layer == nn::LayerSpec(nn::BatchNorm2d{}); });
  train::require_fit(run, testing::discs());
}

TEST(Invariance, ASeedIsARun) {
  expect_same_bits(train_with(2), train_with(2), "the same seed twice");
  train::Experiment other = short_run();
  ++other.seed;
  ThreadPool pool(2);
  train::Trainer trainer(other, discs(), pool);
  trainer.train_epoch();
  train::Trainer again(short_run(), discs(), pool);
  again.train_epoch();
  EXPECT_NE(nn::weights_sha256(trainer.weights()), nn::weights_sha256(again.weights()));
}

// kat_vectors of Random123, the generator's own library.
TEST(Philox, PublishedNumbers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

class SafeTensorsTest : public ::testing::Test {
 protected:
  SafeTensorsTest() { std::filesystem::create_directories(folder_); }
  ~SafeTensorsTest() override { std::filesystem::remove_all(folder_); }

  static train::SafeTensors tensors() {
    train::SafeTensors tensors;
    tensors.metadata = {{"epoch", "3"}, {"quoted", "a \"b\" \\ \n \xC3\xA9"}};
    tensors.floats["0.weight"] = {{2, 1, 3}, {0, -0.0F, 1e-45F, -3.4e38F, 0.1F, INFINITY}};
    tensors.floats["scalar"] = {{}, {42}};
    tensors.floats["nothing"] = {{0, 5}, {}};
    tensors.bytes["order"] = {{3}, {0, 128, 255}};
    return tensors;
  }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("rung_safetensors_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::path path_ = folder_ / "t.safetensors";
};

TEST_F(SafeTensorsTest, GivesBackWhatWasWritten) {
  const train::SafeTensors written = tensors();
  write_safetensors(path_, written);
  const train::SafeTensors found = train::read_safetensors(path_);
  EXPECT_EQ(found.metadata, written.metadata);
  ASSERT_EQ(found.floats.size(), written.floats.size());
  for (const auto& [name, tensor] : written.floats) {
    EXPECT_EQ(found.floats.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(found.floats.at(name).values, tensor.values) << name;
  }
  EXPECT_TRUE(std::signbit(found.floats.at("0.weight").values[1]));
  ASSERT_EQ(found.bytes.size(), 1U);
  EXPECT_EQ(found.bytes.at("order").shape, written.bytes.at("order").shape);
  EXPECT_EQ(found.bytes.at("order").values, written.bytes.at("order").values);
}

TEST_F(SafeTensorsTest, EveryTruncationAndAnExtraByteAreRefused) {
  write_safetensors(path_, tensors());
  const std::string whole = read_text_file(path_, 1 << 20);
  for (size_t size = 0; size <= whole.size() + 1; ++size) {
    if (size == whole.size()) continue;
    std::string part = whole + '\0';
    part.resize(size);
    std::ofstream(path_, std::ios::binary) << part;
    EXPECT_THROW(train::read_safetensors(path_), DataError) << "after " << size << " of " << whole.size();
  }
}

// Two bytes of data: each header's ranges add up to two, but only the first's are one after the other.
TEST_F(SafeTensorsTest, OverlapsAndGapsAreRefused) {
  const auto read = [&](const std::string& second) {
    std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)" + second + "}";
    const uint64_t size = header.size();
    std::ofstream(path_, std::ios::binary)
        << std::string(reinterpret_cast<const char*>(&size), sizeof(size)) << header << "xy";
    return train::read_safetensors(path_);
  };
  EXPECT_EQ(read(R"("b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]})").bytes.size(), 2U);
  EXPECT_THROW(read(R"("b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})"), DataError);
  EXPECT_THROW(read(R"("b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})"), DataError);
  EXPECT_THROW(read(R"("b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})"), DataError);
}

}  // namespace
}  // namespace rung

// The public interface (src/rung/): it says what the program says, to the bit, and refuses what it cannot do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "data_test_files.h"
#include "ladder/run.h"
#include "rung/rung.h"
#include "short_run.h"
#include "train/logits.h"

namespace rung {
namespace {

using data::idx_bytes;
using testing::discs;
using ::testing::HasSubstr;
using testing::kClasses;
using testing::kEpochs;
using testing::kSide;

void write_split(const std::filesystem::path& folder, const data::Split& split, data::DatasetFile images,
                 data::DatasetFile labels) {
  const auto count = static_cast<uint32_t>(split.count);
  data::write_bytes(folder / data::kFileNames[images], idx_bytes({count, kSide, kSide}, split.pixels));
  data::write_bytes(folder / data::kFileNames[labels], idx_bytes({count}, split.labels));
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

// A folder with a small recipe and its images.
class LibraryTest : public ::testing::Test {
 protected:
  LibraryTest() {
    std::filesystem::create_directory(folder_.path() / "discs");
    write_split(folder_.path() / "discs", discs().train, data::kTrainImages, data::kTrainLabels);
    write_split(folder_.path() / "discs", discs().test, data::kTestImages, data::kTestLabels);
    recipe::Recipe recipe = testing::small_recipe();
    recipe.dataset.validation = 20;
    replace_file(recipe_, recipe::to_toml(recipe));
  }

  static Images test_images() {
    return {.pixels = discs().test.pixels, .count = discs().test.count, .height = kSide, .width = kSide};
  }

  data::TemporaryFolder folder_;
  std::filesystem::path recipe_ = folder_.path() / "small.toml";
  std::filesystem::path run_ = folder_.path() / "run";
};

TEST_F(LibraryTest, PredictsWhatTheRunWasJudgedBy) {
  recipe::Recipe recipe = recipe::load(recipe_);
  ThreadPool pool(2);
  const data::Dataset data = ladder::load_data(recipe, "");
  const ladder::Outcome outcome = ladder::run_recipe(recipe, data, pool, {run_}, nullptr, {});
  for (const int threads : {1, 3}) {
    Model model = Model::load(run_, {.threads = threads});
    const std::vector<int> predicted = model.predict(test_images());
    EXPECT_EQ(predicted, std::vector<int>(outcome.test.predicted.begin(), outcome.test.predicted.end()));
  }
}

// The logits give the evaluation's loss, which is a mean of what each of them contributes.
TEST_F(LibraryTest, LogitsGiveTheRecordedLoss) {
  const TrainedRun run = train_recipe(recipe_, run_, {.threads = 2});
  Model model = Model::load(run_);
  const std::vector<float> logits = model.predict_logits(test_images());
  ASSERT_EQ(logits.size(), discs().test.labels.size() * kClasses);
  double loss = 0;
  for (size_t image = 0; image < discs().test.labels.size(); ++image) {
    const auto row = std::span(logits).subspan(image * kClasses, kClasses);
    loss -= std::log(train::softmax(row)[discs().test.labels[image]]) / discs().test.count;
  }
  EXPECT_NEAR(loss, run.epochs.back().test_loss, 1e-6 * loss);  // the record's logarithms are floats
}

TEST_F(LibraryTest, OneImageAtATimeHasTheSameBits) {
  train_recipe(recipe_, run_);
  Model model = Model::load(run_);
  const std::vector<float> logits = model.predict_logits(test_images());
  constexpr size_t kPixels = size_t{kSide} * kSide;
  for (size_t image = 0; image < static_cast<size_t>(discs().test.count); ++image) {
    const auto pixels = std::span(discs().test.pixels).subspan(image * kPixels, kPixels);
    const std::span<const float> one = model.image_logits(pixels);
    EXPECT_TRUE(std::ranges::equal(one, std::span(logits).subspan(image * kClasses, kClasses)));
    Images images = test_images();
    images.pixels = pixels;
    images.count = 1;
    EXPECT_TRUE(std::ranges::equal(one, model.predict_logits(images)));
  }
  EXPECT_THROW(model.image_logits(std::span(discs().test.pixels).first(kPixels - 1)), UsageError);
}

TEST_F(LibraryTest, ProbabilitiesAreTheSoftmaxOfTheLogits) {
  train_recipe(recipe_, run_);
  Model model = Model::load(run_);
  const std::vector<float> logits = model.predict_logits(test_images());
  const std::vector<float> probabilities = model.predict_probabilities(test_images());
  ASSERT_EQ(probabilities.size(), logits.size());
  for (size_t row = 0; row < logits.size(); row += kClasses) {
    double sum = 0;
    for (size_t k = 0; k < kClasses; ++k) sum += std::exp(double{logits[row + k]});
    for (size_t k = 0; k < kClasses; ++k)
      EXPECT_NEAR(probabilities[row + k], std::exp(double{logits[row + k]}) / sum, 1e-7);
  }
}

TEST_F(LibraryTest, AModelSaysWhatItTakes) {
  train_recipe(recipe_, run_);
  const Model model = Model::load(run_, {.best = true});
  EXPECT_EQ(model.channels(), 1);
  EXPECT_EQ(model.height(), kSide);
  EXPECT_EQ(model.width(), kSide);
  EXPECT_EQ(model.classes(), kClasses);
  EXPECT_EQ(model.parameters(), nn::infer(recipe::load(recipe_).model).params);
}

TEST_F(LibraryTest, RefusesImagesThatTheModelDoesNotTake) {
  train_recipe(recipe_, run_);
  Model model = Model::load(run_);
  const auto refusal = [&](const Images& images) {
    EXPECT_THROW(model.predict(images), UsageError);
    return error_of([&] { model.predict(images); });
  };
  Images images = test_images();
  images.height = 14;
  EXPECT_THAT(refusal(images),
              HasSubstr("images of [1, 14, 15] (channels, height, width), but the model takes "
                        "[1, 15, 15]"));
  images = test_images();
  images.channels = 3;
  EXPECT_THAT(refusal(images), HasSubstr("images of [3, 15, 15]"));
  images = test_images();
  images.pixels = images.pixels.first(images.pixels.size() - 1);
  EXPECT_THAT(refusal(images), HasSubstr("15749 bytes of pixels are not 70 images of [1, 15, 15]"));
  images = test_images();
  images.count = -70;
  EXPECT_THAT(refusal(images), HasSubstr("not -70 images"));
  EXPECT_TRUE(model.predict({.pixels = {}, .count = 0, .height = kSide, .width = kSide}).empty());
}

TEST_F(LibraryTest, RefusesFoldersWithoutAModel) {
  EXPECT_THAT(error_of([&] { Model::load(folder_.path()); }), HasSubstr("holds no run"));
  std::filesystem::create_directory(run_);
  std::filesystem::copy_file(recipe_, run_ / "recipe.toml");
  EXPECT_THROW(Model::load(run_), IoError);
  std::string text = read_text_file(recipe_, 1 << 20);
  const size_t mean = text.find("mean = ");
  text.replace(mean, text.find('\n', mean) - mean, "mean = \"auto\"");
  replace_file(run_ / "recipe.toml", text);
  EXPECT_THROW(Model::load(run_), DataError);
}

TEST_F(LibraryTest, CallsBackAfterEveryEpoch) {
  std::vector<Epoch> seen;
  const TrainedRun run = train_recipe(recipe_, run_, {.on_epoch = [&](const Epoch& epoch, int epochs) {
                                        EXPECT_EQ(epochs, kEpochs);
                                        seen.push_back(epoch);
                                      }});
  EXPECT_TRUE(run.finished);
  ASSERT_EQ(seen.size(), size_t{kEpochs});
  ASSERT_EQ(run.epochs.size(), size_t{kEpochs});
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].number, static_cast<int>(i) + 1);
    EXPECT_EQ(seen[i].test_accuracy, run.epochs[i].test_accuracy);
    EXPECT_TRUE(seen[i].validation_accuracy);
  }
}

TEST_F(LibraryTest, ResumesWhatWasStopped) {
  const std::string whole = train_recipe(recipe_, folder_.path() / "whole").weights_sha256;
  int asked = 0;
  const TrainedRun stopped = train_recipe(recipe_, run_, {.should_stop = [&] { return ++asked == 6; }});
  EXPECT_FALSE(stopped.finished);
  EXPECT_EQ(stopped.epochs.size(), 1U);
  EXPECT_EQ(stopped.weights_sha256, "");
  const TrainedRun resumed = train_recipe(recipe_, run_, {.resume = true});
  EXPECT_TRUE(resumed.finished);
  EXPECT_EQ(resumed.epochs.size(), size_t{kEpochs});
  EXPECT_EQ(resumed.weights_sha256, whole);
}

TEST_F(LibraryTest, AnExceptionOfACallbackEndsTheTraining) {
  const auto fail = [](const Epoch&, int) { throw std::runtime_error("enough"); };
  EXPECT_THROW(train_recipe(recipe_, run_, {.on_epoch = fail}), std::runtime_error);
  EXPECT_EQ(train_recipe(recipe_, run_, {.resume = true}).epochs.size(), size_t{kEpochs});
}

TEST_F(LibraryTest, RefusesAFolderWithAnotherRun) {
  train_recipe(recipe_, run_, {.settings = {{"seed", "7"}}});
  EXPECT_THAT(error_of([&] { train_recipe(recipe_, run_); }), HasSubstr("already holds a run"));
  EXPECT_THAT(error_of([&] { train_recipe(recipe_, run_, {.resume = true}); }),
              HasSubstr("holds a run with another seed: 7, not 1"));
}

TEST_F(LibraryTest, RefusesWrongSettingsBeforeItWrites) {
  EXPECT_THROW(train_recipe(recipe_, run_, {.settings = {{"training.epochs", "0"}}}), UsageError);
  EXPECT_THROW(train_recipe(recipe_, run_, {.threads = -1}), UsageError);
  const std::string step1 = RUNG_SOURCE_DIR "/recipes/ladder/step1.toml";
  EXPECT_THAT(error_of([&] { train_recipe(step1, run_, {.data = folder_.path()}); }),
              HasSubstr("rung data fetch mnist"));
  EXPECT_FALSE(std::filesystem::exists(run_));
}

}  // namespace
}  // namespace rung

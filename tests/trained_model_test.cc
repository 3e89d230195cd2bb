// A trained model as one file: it comes back as it was, and nothing else is taken for one.
#include "ladder/trained_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>

#include "base/error.h"
#include "ladder/run.h"
#include "short_run.h"
#include "train/checkpoint.h"
#include "train/safetensors.h"
#include "train/trainer.h"

namespace rung::ladder {
namespace {

using testing::discs;
using ::testing::HasSubstr;

recipe::Recipe resolved_recipe() {
  recipe::Recipe recipe = testing::small_recipe();
  recipe.dataset.mean = 0.25;
  recipe.dataset.std = 0.5;
  return recipe;
}

// Weights that are not the initial ones, buffers included.
nn::Weights trained_weights(const recipe::Recipe& recipe) {
  ThreadPool pool(2);
  train::Trainer trainer(experiment_of(recipe), discs(), pool);
  trainer.train_epoch();
  return trainer.weights();
}

class TrainedModelTest : public ::testing::Test {
 protected:
  std::string error_of(const std::string& bytes) const {
    try {
      model_from_bytes(std::as_bytes(std::span(bytes)), "disc.safetensors");
    } catch (const DataError& error) {
      return error.what();
    }
    ADD_FAILURE() << "it was taken for a model";
    return "";
  }

  recipe::Recipe recipe_ = resolved_recipe();
  nn::Weights weights_ = trained_weights(recipe_);
  std::string bytes_ = model_to_bytes(recipe_, nn::make_plan(recipe_.model), weights_);
};

TEST_F(TrainedModelTest, ComesBackAsItWas) {
  const ModelParts parts = model_from_bytes(std::as_bytes(std::span(bytes_)));
  EXPECT_EQ(parts.recipe, recipe_);
  EXPECT_EQ(parts.weights.parameters, weights_.parameters);
  EXPECT_EQ(parts.weights.buffers, weights_.buffers);
  TrainedModel before(recipe_, weights_, 1);
  TrainedModel after(parts.recipe, parts.weights, 3);
  EXPECT_EQ(before.logits(discs().test.images()), after.logits(discs().test.images()));
}

TEST_F(TrainedModelTest, RefusesWhatIsDamaged) {
  for (size_t at = 8; at < bytes_.size(); at += 1 + bytes_.size() / 97) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
    EXPECT_THAT(error_of(damaged), HasSubstr("disc.safetensors")) << at;
  }
  for (size_t size = 0; size < bytes_.size(); size += 1 + bytes_.size() / 23)
    EXPECT_THAT(error_of(bytes_.substr(0, size)), HasSubstr("disc.safetensors")) << size;
}

TEST_F(TrainedModelTest, RefusesOtherTensors) {
  train::SafeTensors tensors = train::to_safetensors(nn::make_plan(recipe_.model), weights_);
  EXPECT_THAT(error_of(train::to_bytes(tensors)), HasSubstr("not a model that Rung has saved"));
}

TEST_F(TrainedModelTest, NeedsAResolvedRecipe) {
  recipe_.dataset.mean.reset();
  EXPECT_THROW(TrainedModel(recipe_, weights_, 1), UsageError);
}

}  // namespace
}  // namespace rung::ladder

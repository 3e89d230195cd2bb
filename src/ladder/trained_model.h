// A trained model in memory: its recipe, its weights, and the engines that classify images with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "data/image.h"
#include "nn/inference.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "recipe/recipe.h"
#include "train/logits.h"
#include "train/run_directory.h"

namespace rung::ladder {

// The recipe in the folder of a run. Throws UsageError if it holds no run, DataError if the recipe is not a
// run's own.
recipe::Recipe recipe_of_run(const std::filesystem::path& run);

// The weights in a run's checkpoint, or in its best file, of the run's recipe. Throws as
// train::load_weights().
nn::Weights weights_of_run(const std::filesystem::path& run, const recipe::Recipe& recipe,
                           const char* file = train::kCheckpointFile);

// One thread at a time may use it.
class TrainedModel {
 public:
  // The weights are those of the recipe's model. Throws UsageError unless data::is_resolved() of its dataset,
  // and for an impossible number of threads; MemoryError. `threads` 0: one for each available core.
  TrainedModel(recipe::Recipe recipe, nn::Weights weights, int threads);
  TrainedModel(const TrainedModel&) = delete;  // its members refer to each other
  TrainedModel& operator=(const TrainedModel&) = delete;

  const recipe::Recipe& recipe() const { return recipe_; }
  const nn::Plan& plan() const { return plan_; }
  const nn::Weights& weights() const { return weights_; }

  // Throws UsageError unless the model takes images of this shape.
  void require_shape(const data::ImageShape& shape) const;

  // [N][classes], the last layer's outputs; the same bits for any number of threads. Throws as
  // require_shape(). Precondition: a whole number of images.
  std::vector<float> logits(const data::ImagesView& images);

  // [N][classes], their softmax. Throws likewise.
  std::vector<float> probabilities(const data::ImagesView& images);

  // The logits for one image, with the least time to the answer: [classes], valid until the next call. Throws
  // UsageError unless there are as many pixels [C][H][W] as the model takes.
  std::span<const float> image_logits(std::span<const uint8_t> pixels);

 private:
  recipe::Recipe recipe_;
  nn::Plan plan_;
  nn::Weights weights_;
  ThreadPool pool_;
  nn::Inference inference_;
  std::optional<train::ImageLogits> image_logits_;  // since the first use
};

// What a model's file is called in messages where it has no name.
inline constexpr const char* kModelBytes = "the model's bytes";

// A model as one file: safetensors with the weights, and with the resolved recipe in the metadata.
std::string model_to_bytes(const recipe::Recipe& recipe, const nn::Plan& plan, const nn::Weights& weights);

struct ModelParts {
  recipe::Recipe recipe;
  nn::Weights weights;
};
// `file` names the bytes in messages. Throws DataError for anything but what model_to_bytes() returns.
ModelParts model_from_bytes(std::span<const std::byte> bytes, const std::string& file = kModelBytes);

}  // namespace rung::ladder

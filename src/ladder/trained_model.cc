#include "ladder/trained_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "base/sha256.h"
#include "data/arrange.h"
#include "kernels/layout.h"
#include "ladder/job.h"
#include "train/checkpoint.h"
#include "train/safetensors.h"

namespace rung::ladder {
namespace {

constexpr const char* kFormat = "rung-model";
constexpr const char* kRecipe = "recipe";

// Up to how many images it is faster to run them one by one than in blocks of 16, whose lanes would idle. A
// layer that runs alone takes a whole block for each image.
int few_images(const nn::Plan& plan) {
  const bool runs_alone =
      std::ranges::any_of(plan.units, [](const nn::Unit& unit) { return unit.runner != nullptr; });
  return runs_alone ? 1 : kernels::kLanes - 1;
}

recipe::Recipe resolved_or_throw(recipe::Recipe recipe) {
  if (!data::is_resolved(recipe.dataset))
    throw UsageError(fmt::format("{}: mean, std, validation and test must be numbers", recipe.name),
                     "give a recipe as a run has it, in which they are");
  return recipe;
}

}  // namespace

recipe::Recipe recipe_of_run(const std::filesystem::path& run) {
  require_run(run);
  const std::filesystem::path file = run / train::kRecipeFile;
  recipe::Recipe recipe = recipe::load_stored(file);
  if (!data::is_resolved(recipe.dataset))
    throw DataError(fmt::format("{}: mean, std, validation and test must be numbers", file.string()),
                    "give the folder of a run, in which they are");
  return recipe;
}

nn::Weights weights_of_run(const std::filesystem::path& run, const recipe::Recipe& recipe, const char* file) {
  return train::load_weights(nn::make_plan(recipe.model), run / file, recipe::to_toml(recipe));
}

TrainedModel::TrainedModel(recipe::Recipe recipe, nn::Weights weights, int threads)
    : recipe_(resolved_or_throw(std::move(recipe))),
      plan_(nn::make_plan(recipe_.model)),
      weights_(std::move(weights)),
      pool_(ThreadPool::or_available(threads)),
      inference_(plan_, pool_) {}

void TrainedModel::require_shape(const data::ImageShape& shape) const {
  const auto& [channels, height, width] = shape;
  if (const nn::Shape given{channels, height, width}; given != plan_.input)
    throw UsageError(fmt::format("images of {} (channels, height, width), but the model takes {}",
                                 nn::to_text(given), nn::to_text(plan_.input)));
}

std::vector<float> TrainedModel::logits(const data::ImagesView& images) {
  require_shape(images.shape);
  RUNG_REQUIRE(images.pixels.size() % images.shape.size() == 0);
  if (images.count() > few_images(plan_))
    return train::logits_of(images, recipe_.dataset, inference_, weights_);
  std::vector<float> result;
  for (size_t image = 0; image < static_cast<size_t>(images.count()); ++image) {
    const std::span<const float> logits = image_logits(images.image(image));
    result.insert(result.end(), logits.begin(), logits.end());
  }
  return result;
}

std::vector<float> TrainedModel::probabilities(const data::ImagesView& images) {
  std::vector<float> values = logits(images);
  const auto width = static_cast<size_t>(plan_.classes);
  for (size_t at = 0; at < values.size(); at += width) {
    const std::vector<double> row = train::softmax(std::span(values).subspan(at, width));
    std::ranges::transform(row, values.begin() + static_cast<std::ptrdiff_t>(at),
                           [](double value) { return static_cast<float>(value); });
  }
  return values;
}

std::span<const float> TrainedModel::image_logits(std::span<const uint8_t> pixels) {
  if (std::ssize(pixels) != plan_.input.elements())
    throw UsageError(
        fmt::format("{} bytes of pixels are not an image of {}", pixels.size(), nn::to_text(plan_.input)));
  if (!image_logits_) image_logits_.emplace(plan_, weights_, recipe_.dataset);
  return image_logits_->of(pixels);
}

std::string model_to_bytes(const recipe::Recipe& recipe, const nn::Plan& plan, const nn::Weights& weights) {
  train::SafeTensors tensors = train::to_safetensors(plan, weights);
  const std::string toml = recipe::to_toml(recipe);
  tensors.metadata = {{"format", kFormat},
                      {kRecipe, toml},
                      {train::kRecipeHash, sha256_hex(std::as_bytes(std::span(toml)))},
                      {train::kWeightsHash, nn::weights_sha256(weights)}};
  return train::to_bytes(tensors);
}

ModelParts model_from_bytes(std::span<const std::byte> bytes, const std::string& file) {
  const train::SafeTensors tensors = train::parse_safetensors(bytes, file);
  const auto format = tensors.metadata.find("format");
  const auto toml = tensors.metadata.find(kRecipe);
  if (format == tensors.metadata.end() || format->second != kFormat || toml == tensors.metadata.end())
    throw DataError(fmt::format("{}: not a model that Rung has saved", file));
  try {
    ModelParts parts{recipe::parse(toml->second, file), {}};
    const std::string resolved = recipe::to_toml(resolved_or_throw(parts.recipe));
    parts.weights = train::load_weights(nn::make_plan(parts.recipe.model), tensors, file, resolved);
    return parts;
  } catch (const UsageError& error) {
    throw DataError(fmt::format("{}: damaged: {}", file, error.what()));
  }
}

}  // namespace rung::ladder

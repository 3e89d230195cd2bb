#include "rung/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/thread_pool.h"
#include "data/arrange.h"
#include "kernels/layout.h"
#include "ladder/job.h"
#include "nn/inference.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "recipe/recipe.h"
#include "train/checkpoint.h"
#include "train/logits.h"
#include "train/run_directory.h"

namespace rung {
namespace {

recipe::Recipe recipe_of(const std::filesystem::path& run) {
  ladder::require_run(run);
  const std::filesystem::path file = run / train::kRecipeFile;
  recipe::Recipe recipe = recipe::load_stored(file);
  if (!data::is_resolved(recipe.dataset))
    throw DataError(fmt::format("{}: mean, std, validation and test must be numbers", file.string()),
                    "give the folder of a run, in which they are");
  return recipe;
}

// Up to how many images it is faster to run them one by one than in blocks of 16, whose lanes would idle. A
// layer that runs alone takes a whole block for each image.
int few_images(const nn::Plan& plan) {
  const bool runs_alone =
      std::ranges::any_of(plan.units, [](const nn::Unit& unit) { return unit.runner != nullptr; });
  return runs_alone ? 1 : kernels::kLanes - 1;
}

void require_taken(const Images& images, const nn::Shape& input) {
  const nn::Shape given{images.channels, images.height, images.width};
  if (given != input)
    throw UsageError(fmt::format("images of {} (channels, height, width), but the model takes {}",
                                 nn::to_text(given), nn::to_text(input)));
  if (images.count < 0 || std::ssize(images.pixels) != images.count * input.elements())
    throw UsageError(fmt::format("{} bytes of pixels are not {} images of {}", images.pixels.size(),
                                 images.count, nn::to_text(input)));
}

}  // namespace

// Its members refer to each other. Memory is checked before the weights are read.
struct Model::Engine {
  Engine(const recipe::Recipe& recipe, const std::filesystem::path& file, int threads)
      : dataset(recipe.dataset),
        plan(nn::make_plan(recipe.model)),
        pool(threads),
        inference(plan, pool),
        weights(train::load_weights(plan, file, recipe::to_toml(recipe))) {}

  data::DatasetSpec dataset;
  nn::Plan plan;
  ThreadPool pool;
  nn::Inference inference;
  nn::Weights weights;
  std::optional<train::ImageLogits> image_logits;  // since the first use
};

Model Model::load(const std::filesystem::path& run, const LoadOptions& options) {
  const recipe::Recipe recipe = recipe_of(run);
  const char* file = options.best ? train::kBestFile : train::kCheckpointFile;
  return Model(std::make_unique<Engine>(recipe, run / file, ThreadPool::or_available(options.threads)));
}

Model::Model(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

int Model::channels() const {
  return engine_->plan.input.channels;
}
int Model::height() const {
  return engine_->plan.input.height;
}
int Model::width() const {
  return engine_->plan.input.width;
}
int Model::classes() const {
  return engine_->plan.classes;
}
int64_t Model::parameters() const {
  return static_cast<int64_t>(engine_->plan.parameter_count);
}

std::span<const float> Model::image_logits(std::span<const uint8_t> pixels) {
  require_taken({pixels, 1, height(), width(), channels()}, engine_->plan.input);
  if (!engine_->image_logits)
    engine_->image_logits.emplace(engine_->plan, engine_->weights, engine_->dataset);
  return engine_->image_logits->of(pixels);
}

std::vector<float> Model::predict_logits(const Images& images) {
  require_taken(images, engine_->plan.input);
  if (images.count <= few_images(engine_->plan)) {
    std::vector<float> result;
    const auto size = static_cast<size_t>(engine_->plan.input.elements());
    for (size_t at = 0; at < images.pixels.size(); at += size) {
      const std::span<const float> logits = image_logits(images.pixels.subspan(at, size));
      result.insert(result.end(), logits.begin(), logits.end());
    }
    return result;
  }
  const data::Split split{images.count, images.height,
                          images.width, {images.pixels.begin(), images.pixels.end()},
                          {},           images.channels};
  return train::logits_of(split, engine_->dataset, engine_->inference, engine_->weights);
}

std::vector<float> Model::predict_probabilities(const Images& images) {
  std::vector<float> values = predict_logits(images);
  const auto width = static_cast<size_t>(classes());
  for (size_t at = 0; at < values.size(); at += width) {
    const std::vector<double> row = train::softmax(std::span(values).subspan(at, width));
    std::ranges::transform(row, values.begin() + static_cast<std::ptrdiff_t>(at),
                           [](double value) { return static_cast<float>(value); });
  }
  return values;
}

std::vector<int> Model::predict(const Images& images) {
  const std::vector<float> logits = predict_logits(images);
  const auto width = static_cast<size_t>(classes());
  std::vector<int> result;
  for (size_t at = 0; at < logits.size(); at += width) {
    const auto row = std::span(logits).subspan(at, width);
    result.push_back(static_cast<int>(std::ranges::max_element(row) - row.begin()));
  }
  return result;
}

}  // namespace rung

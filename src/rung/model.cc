#include "rung/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "ladder/trained_model.h"
#include "train/run_directory.h"

namespace rung {

struct Model::Engine {
  // Throws UsageError unless there are as many as it says, of the model's size.
  data::ImagesView view_of(const Images& images) const {
    const data::ImagesView view{images.pixels, {images.channels, images.height, images.width}};
    model.require_shape(view.shape);
    if (images.count < 0 || std::ssize(images.pixels) != images.count * model.plan().input.elements())
      throw UsageError(fmt::format("{} bytes of pixels are not {} images of {}", images.pixels.size(),
                                   images.count, nn::to_text(model.plan().input)));
    return view;
  }

  ladder::TrainedModel model;
};

Model Model::load(const std::filesystem::path& run, const LoadOptions& options) {
  const recipe::Recipe recipe = ladder::recipe_of_run(run);
  const char* file = options.best ? train::kBestFile : train::kCheckpointFile;
  nn::Weights weights = ladder::weights_of_run(run, recipe, file);
  return Model(new Engine{{recipe, std::move(weights), options.threads}});
}

Model::Model(Engine* engine) : engine_(engine) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

int Model::channels() const {
  return engine_->model.plan().input.channels;
}
int Model::height() const {
  return engine_->model.plan().input.height;
}
int Model::width() const {
  return engine_->model.plan().input.width;
}
int Model::classes() const {
  return engine_->model.plan().classes;
}
int64_t Model::parameters() const {
  return static_cast<int64_t>(engine_->model.plan().parameter_count);
}

std::span<const float> Model::image_logits(std::span<const uint8_t> pixels) {
  return engine_->model.image_logits(pixels);
}

std::vector<float> Model::predict_logits(const Images& images) {
  return engine_->model.logits(engine_->view_of(images));
}

std::vector<float> Model::predict_probabilities(const Images& images) {
  return engine_->model.probabilities(engine_->view_of(images));
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

#include "batch_source.h"

#include <algorithm>

#include "base/philox.h"
#include "torch_model.h"
#include "train/batches.h"

namespace rung::bench {
namespace {

std::array<float, 256> normalised_values(const data::DatasetSpec& dataset) {
  const auto mean = static_cast<float>(dataset.mean.value().of_channel(0));
  const auto std = static_cast<float>(dataset.std.value().of_channel(0));
  std::array<float, 256> values{};
  for (size_t v = 0; v < values.size(); ++v) values[v] = (static_cast<float>(v) / 255.0F - mean) / std;
  return values;
}

size_t image_size(const data::Split& split) {
  return static_cast<size_t>(split.height) * static_cast<size_t>(split.width);
}

}  // namespace

BatchSource::BatchSource(const recipe::Recipe& recipe, const data::Split& split, int threads)
    : split_(split),
      image_size_(image_size(split)),
      batch_size_(recipe.training.batch_size),
      seed_(recipe.seed),
      value_(normalised_values(recipe.dataset)),
      order_(train::shuffled(split.count, recipe.seed, 0)) {
  if (recipe.augment.empty()) return;
  for (int thread = 0; thread < threads; ++thread) {
    augmenters_.emplace_back(recipe.augment, split.shape());
    varied_.emplace_back(image_size_);
  }
}

TorchBatch& BatchSource::next() {
  if (epoch_ended()) {
    ++epoch_;
    order_ = train::shuffled(split_.count, seed_, epoch_);
    first_ = 0;
  }
  batch_.images = std::min(batch_size_, split_.count - first_);
  batch_.pixels.resize(static_cast<size_t>(batch_.images) * image_size_);
  batch_.labels.resize(static_cast<size_t>(batch_.images));
  torch_for_each(batch_.images, [&](int index, int thread) {
    const uint32_t image = order_[static_cast<size_t>(first_) + static_cast<size_t>(index)];
    batch_.labels[static_cast<size_t>(index)] = split_.labels[image];
    load(image, thread, batch_.pixels.data() + static_cast<size_t>(index) * image_size_);
  });
  first_ += batch_.images;
  return batch_;
}

void BatchSource::load(uint32_t image, int thread, float* out) {
  const uint8_t* from = split_.pixels.data() + image * image_size_;
  if (!augmenters_.empty()) {
    const auto mine = static_cast<size_t>(thread);
    RandomStream random(seed_, RandomPurpose::kAugment, image, epoch_);
    augmenters_[mine].apply(from, varied_[mine].data(), random);
    from = varied_[mine].data();
  }
  for (size_t pixel = 0; pixel < image_size_; ++pixel) out[pixel] = value_[from[pixel]];
}

TorchBatch plain_batch(const recipe::Recipe& recipe, const data::Split& split, int first, int images) {
  const auto values = normalised_values(recipe.dataset);
  const size_t size = image_size(split);
  TorchBatch batch{.images = images, .pixels = {}, .labels = {}};
  const uint8_t* from = split.pixels.data() + static_cast<size_t>(first) * size;
  for (size_t i = 0; i < static_cast<size_t>(images) * size; ++i) batch.pixels.push_back(values[from[i]]);
  const auto labels = split.labels.begin() + first;
  batch.labels.assign(labels, labels + images);
  return batch;
}

}  // namespace rung::bench

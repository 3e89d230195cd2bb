#include "train/batches.h"

#include <numeric>
#include <utility>

#include "base/philox.h"
#include "base/require.h"

namespace rung::train {

using kernels::kLanes;

std::vector<uint32_t> shuffled(int count, uint64_t seed, uint32_t epoch) {
  std::vector<uint32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0U);
  RandomStream random(seed, RandomPurpose::kShuffle, 0, epoch);
  for (size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.below(static_cast<uint32_t>(left))]);
  return order;
}

PixelValues pixel_values(const data::DatasetSpec& normalisation, int channels) {
  PixelValues values(static_cast<size_t>(channels));
  for (size_t channel = 0; channel < values.size(); ++channel) {
    const auto mean = static_cast<float>(normalisation.mean.value().of_channel(channel));
    const auto std = static_cast<float>(normalisation.std.value().of_channel(channel));
    for (size_t v = 0; v < 256; ++v) values[channel][v] = (static_cast<float>(v) / 255.0F - mean) / std;
  }
  return values;
}

BlockLoader::BlockLoader(const data::ImagesView& images, const data::DatasetSpec& normalisation)
    : images_(images), value_(pixel_values(normalisation, images.shape.channels)) {}

void BlockLoader::augment(const std::vector<data::Transform>& transforms, int threads) {
  if (transforms.empty()) return;
  for (int thread = 0; thread < threads; ++thread) {
    augmenters_.emplace_back(transforms, images_.shape);
    varied_.emplace_back(images_.shape.size() * kLanes);
    erasures_.emplace_back();
  }
}

void BlockLoader::load(std::span<const uint32_t> images, int thread, uint64_t seed, uint32_t epoch,
                       float* x) {
  std::array<const uint8_t*, kLanes> from{};
  for (size_t lane = 0; lane < images.size(); ++lane) {
    from[lane] = images_.image(images[lane]).data();
    if (augmenters_.empty()) continue;
    const auto mine = static_cast<size_t>(thread);
    uint8_t* varied = varied_[mine].data() + lane * images_.shape.size();
    RandomStream random(seed, RandomPurpose::kAugment, images[lane], epoch);
    augmenters_[mine].apply(from[lane], varied, random);
    from[lane] = varied;
    erasures_[mine][lane] = augmenters_[mine].erasures();
  }
  size_t pixel = 0;
  for (const auto& value : value_) {
    for (const size_t end = pixel + images_.shape.plane(); pixel < end; ++pixel) {
      float* out = x + pixel * kLanes;
      for (size_t lane = 0; lane < images.size(); ++lane) out[lane] = value[from[lane][pixel]];
      for (size_t lane = images.size(); lane < kLanes; ++lane) out[lane] = 0;
    }
  }
  if (augmenters_.empty()) return;
  for (size_t lane = 0; lane < images.size(); ++lane) {
    for (const data::Erasure& erasure : erasures_[static_cast<size_t>(thread)][lane]) erase(erasure, lane, x);
  }
}

void BlockLoader::mix(int threads) {
  before_.assign(static_cast<size_t>(threads), std::vector<float>(images_.shape.size() * kLanes));
}

uint64_t BlockLoader::thread_bytes(const std::vector<data::Transform>& transforms, bool mixes,
                                   const data::ImageShape& shape) {
  const uint64_t block = kLanes * shape.size();
  const uint64_t augmenting = transforms.empty() ? 0 : data::augmenter_bytes(transforms, shape) + block;
  return augmenting + (mixes ? sizeof(float) * block : 0);
}

void BlockLoader::load_mixed(std::span<const uint32_t> batch, int block, double share, int thread,
                             uint64_t seed, uint32_t epoch, float* x) {
  RUNG_REQUIRE(static_cast<size_t>(thread) < before_.size());
  const size_t first = static_cast<size_t>(block) * kLanes;
  const auto lanes = static_cast<size_t>(kernels::valid_lanes(static_cast<int>(batch.size()), block));
  load(batch.subspan(first, lanes), thread, seed, epoch, x);
  float* before = before_[static_cast<size_t>(thread)].data();
  load(batch.subspan(first == 0 ? batch.size() - 1 : first - 1, 1), thread, seed, epoch, before);
  const auto own = static_cast<float>(share);
  const auto rest = static_cast<float>(1 - share);
  for (size_t pixel = 0; pixel < images_.shape.size(); ++pixel) {
    float* values = x + pixel * kLanes;
    for (size_t lane = lanes - 1; lane > 0; --lane)
      values[lane] = values[lane - 1] * rest + values[lane] * own;
    values[0] = before[pixel * kLanes] * rest + values[0] * own;
  }
}

nn::LoadBlock BlockLoader::in_order(int first) {
  RUNG_REQUIRE(augmenters_.empty());
  return [this, first](int block, int lanes, int thread, float* x) {
    std::array<uint32_t, kLanes> images{};
    std::iota(images.begin(), images.end(), static_cast<uint32_t>(first + block * kernels::kLanes));
    load(std::span(images).first(static_cast<size_t>(lanes)), thread, 0, 0, x);
  };
}

void BlockLoader::erase(const data::Erasure& erasure, size_t lane, float* x) const {
  const auto width = static_cast<size_t>(images_.shape.width);
  const auto top = static_cast<size_t>(erasure.top);
  const auto left = static_cast<size_t>(erasure.left);
  for (size_t plane = 0; plane < images_.shape.size(); plane += images_.shape.plane()) {
    for (size_t row = top; row < top + static_cast<size_t>(erasure.height); ++row) {
      for (size_t column = left; column < left + static_cast<size_t>(erasure.width); ++column)
        x[(plane + row * width + column) * kLanes + lane] = erasure.value;
    }
  }
}

}  // namespace rung::train

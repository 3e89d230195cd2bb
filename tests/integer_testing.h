// Integer models for tests: random weights, and the ranges of random images of bytes.
#pragma once

#include <vector>

#include "base/channel_values.h"
#include "base/philox.h"
#include "nn/graph.h"
#include "quantise/quantise.h"
#include "random_weights.h"

namespace rung::testing {

// Of images in colour another one for each channel.
inline ChannelValues pixel_mean(const nn::Shape& shape) {
  return shape.channels == 3 ? ChannelValues(std::vector<double>{0.3, 0.5, 0.7}) : 0.3;
}
inline ChannelValues pixel_std(const nn::Shape& shape) {
  return shape.channels == 3 ? ChannelValues(std::vector<double>{0.25, 0.3, 0.2}) : 0.25;
}

// [N][H][W][C] pixels.
inline std::vector<uint8_t> random_images(const nn::Shape& shape, int count, uint64_t seed) {
  RandomStream random(seed, RandomPurpose::kInit);
  std::vector<uint8_t> images(static_cast<size_t>(count * shape.elements()));
  for (uint8_t& pixel : images) pixel = static_cast<uint8_t>(random.below(256));
  return images;
}

// Block 0 of them as the engine takes it, [C][H][W][16].
inline void load_block(const nn::Shape& shape, const std::vector<uint8_t>& images, float* x) {
  const auto channels = static_cast<size_t>(shape.channels);
  const auto plane = static_cast<size_t>(shape.height) * static_cast<size_t>(shape.width);
  for (size_t lane = 0; lane < kernels::kLanes; ++lane) {
    for (size_t c = 0; c < channels; ++c) {
      for (size_t i = 0; i < plane; ++i) {
        const uint8_t pixel = images[(lane * plane + i) * channels + c];
        x[(c * plane + i) * kernels::kLanes + lane] = static_cast<float>(
            (pixel / 255.0 - pixel_mean(shape).of_channel(c)) / pixel_std(shape).of_channel(c));
      }
    }
  }
}

struct FloatAndIntegers {
  nn::Weights weights;
  nn::graph::Graph graph;  // with its batch norms folded
  quantise::IntegerModel integers;
};

inline FloatAndIntegers random_integer_model(const nn::ModelSpec& model, int weight_bits = 8) {
  const nn::Weights weights = random_weights(nn::make_plan(model));
  nn::graph::Graph folded = nn::graph::fold_batch_norms(nn::graph::make_graph(model, weights));
  const std::vector<uint8_t> images = random_images(model.input, kernels::kLanes, 7);
  const quantise::Activations activations(
      folded, kernels::kLanes, [&](int, int, int, float* x) { load_block(model.input, images, x); });
  quantise::IntegerModel integers = quantise::quantise(
      folded, model, activations.ranges(0), {pixel_mean(model.input), pixel_std(model.input), weight_bits});
  return {weights, std::move(folded), std::move(integers)};
}

}  // namespace rung::testing

#include "train/logits.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "base/exact_math.h"
#include "base/require.h"
#include "kernels/layout.h"

namespace rung::train {

using kernels::kLanes;

std::vector<float> logits_of(const data::ImagesView& images, const data::DatasetSpec& normalisation,
                             nn::Inference& inference, const nn::Weights& weights) {
  const nn::Plan& plan = inference.plan();
  RUNG_REQUIRE(plan.input == nn::Shape{images.shape.channels, images.shape.height, images.shape.width});
  RUNG_REQUIRE(weights.parameters.size() == plan.parameter_count);
  const auto width = static_cast<size_t>(plan.classes);
  std::vector<float> result(static_cast<size_t>(images.count()) * width);
  BlockLoader loader(images, normalisation);
  inference.run(weights, images.count(), loader.in_order(0), [&](int block, int lanes, const float* logits) {
    float* out = result.data() + static_cast<size_t>(block) * kLanes * width;
    for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane)
      for (size_t k = 0; k < width; ++k) *out++ = logits[k * kLanes + lane];
  });
  return result;
}

ImageLogits::ImageLogits(const nn::Plan& plan, const nn::Weights& weights,
                         const data::DatasetSpec& normalisation)
    : inference_(plan, weights),
      value_(pixel_values(normalisation, plan.input.channels)),
      image_(static_cast<size_t>(plan.input.elements())) {}

std::span<const float> ImageLogits::of(std::span<const uint8_t> pixels) {
  RUNG_REQUIRE(pixels.size() == image_.size());
  const size_t plane = image_.size() / value_.size();
  for (size_t i = 0; i < image_.size(); ++i) image_[i] = value_[i / plane][pixels[i]];
  return inference_.run(image_);
}

std::vector<double> softmax(std::span<const float> logits) {
  constexpr double kLeast = -690;  // e^x is far below a float's least number
  const double peak = *std::ranges::max_element(logits);
  std::vector<double> values;
  for (const float logit : logits) {
    const double below = logit - peak;
    values.push_back(std::isnan(below) ? below : exponential(std::max(kLeast, below)));
  }
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  for (double& value : values) value /= sum;
  return values;
}

}  // namespace rung::train

#include "nn/image_inference.h"

#include <algorithm>

#include "base/require.h"
#include "base/system_limits.h"

namespace rung::nn {

ImageInference::ImageInference(const Plan& plan, const Weights& weights)
    : plan_(plan),
      planes_(kernels::planes_of(plan.input.channels, plan.input.height, plan.input.width)),
      inputs_(plan.units.size()),
      logits_(static_cast<size_t>(plan.classes)) {
  uint64_t floats = planes_.floats();
  const kernels::Planes* input = &planes_;
  units_.reserve(plan.units.size());  // `input` points to one of them
  for (const Unit& unit : plan.units) {
    units_.emplace_back(unit, weights, *input);
    floats += units_.back().floats();
    input = &units_.back().output();
  }
  require_memory(floats * sizeof(float), "running the model on one image", "use a smaller model");
  buffer_ = AlignedBuffer<float>(planes_.floats());
  for (ImageUnit& unit : units_) unit.prepare();
}

std::span<const float> ImageInference::run(std::span<const float> image) {
  RUNG_REQUIRE(image.size() == planes_.elements());
  const size_t pixels = planes_.pixels();
  for (size_t c = 0; c < static_cast<size_t>(planes_.channels); ++c)
    std::copy_n(image.data() + c * pixels, pixels, buffer_.data() + c * planes_.plane);
  ImageTensor x{planes_, buffer_.data()};
  for (size_t u = 0; u < units_.size(); ++u) {
    inputs_[u] = x;
    const auto& addition = plan_.units[u].addition;
    x = units_[u].run(x.data, addition ? inputs_[addition->unit] : ImageTensor());
  }
  for (size_t k = 0; k < logits_.size(); ++k) logits_[k] = x.data[x.planes.at(k)];
  return logits_;
}

}  // namespace rung::nn

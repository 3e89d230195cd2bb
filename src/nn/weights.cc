#include "nn/weights.h"

#include <bit>
#include <cmath>

#include "base/philox.h"
#include "base/sha256.h"

namespace rung::nn {

static_assert(std::endian::native == std::endian::little, "hashes and checkpoints are little-endian");

Weights initial_weights(const Plan& plan, uint64_t seed) {
  Weights weights{std::vector<float>(plan.parameter_count), std::vector<float>(plan.buffer_count)};
  for (size_t tensor = 0; tensor < plan.parameters.size(); ++tensor) {
    const TensorInfo& info = plan.parameters[tensor];
    RandomStream random(seed, RandomPurpose::kInit, static_cast<uint32_t>(tensor));
    const double bound = info.fan_in == 0 ? 0 : 1.0 / std::sqrt(static_cast<double>(info.fan_in));
    for (size_t i = 0; i < info.size; ++i)
      weights.parameters[info.offset + i] = static_cast<float>(random.uniform(-bound, bound));
  }
  for (const Stage& stage : plan.stages) {
    if (!stage.norm) continue;
    const auto channels = static_cast<size_t>(stage.activation.channels);
    std::fill_n(weights.parameters.begin() + static_cast<std::ptrdiff_t>(stage.norm->weight), channels, 1.0F);
    std::fill_n(weights.buffers.begin() + static_cast<std::ptrdiff_t>(stage.norm->running_var), channels,
                1.0F);
  }
  return weights;
}

std::string weights_sha256(const Weights& weights) {
  std::vector<float> all = weights.parameters;
  all.insert(all.end(), weights.buffers.begin(), weights.buffers.end());
  return sha256_hex(std::as_bytes(std::span(all)));
}

}  // namespace rung::nn

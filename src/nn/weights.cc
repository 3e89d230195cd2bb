#include "nn/weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "base/philox.h"
#include "base/sha256.h"

namespace rung::nn {

static_assert(std::endian::native == std::endian::little, "hashes and checkpoints are little-endian");

Weights initial_weights(const Plan& plan, uint64_t seed) {
  Weights weights{std::vector<float>(plan.parameter_count), std::vector<float>(plan.buffer_count)};
  for (size_t tensor = 0; tensor < plan.parameters.size(); ++tensor) {
    const TensorInfo& info = plan.parameters[tensor];
    const auto values = std::span(weights.parameters).subspan(info.offset, info.size);
    std::ranges::fill(values, info.start);
    if (info.fan_in == 0) continue;
    RandomStream random(seed, RandomPurpose::kInit, static_cast<uint32_t>(tensor));
    const double bound = 1.0 / std::sqrt(static_cast<double>(info.fan_in));
    for (float& value : values) value = static_cast<float>(random.uniform(-bound, bound));
  }
  for (const TensorInfo& info : plan.buffers)
    std::ranges::fill(std::span(weights.buffers).subspan(info.offset, info.size), info.start);
  return weights;
}

std::string weights_sha256(const Weights& weights) {
  std::vector<float> all = weights.parameters;
  all.insert(all.end(), weights.buffers.begin(), weights.buffers.end());
  return sha256_hex(std::as_bytes(std::span(all)));
}

}  // namespace rung::nn

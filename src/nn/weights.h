// The numbers of a model: parameters and batch-norm buffers, each one flat vector laid out by a Plan.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/plan.h"

namespace rung::nn {

struct Weights {
  std::vector<float> parameters;  // [plan.parameter_count]
  std::vector<float> buffers;     // [plan.buffer_count]
};

// PyTorch's defaults: convolutions and linear layers U(-b, b) with b = 1/sqrt(fan_in) for weight and bias
// (kaiming_uniform_ with a = sqrt(5)); batch norm weight 1, bias 0, running mean 0 and variance 1;
// PReLU its `init`.
Weights initial_weights(const Plan& plan, uint64_t seed);

// SHA-256 over all parameters, then all buffers, as little-endian float32: 64 hexadecimal digits. Two models
// with the same hash have the same bits.
std::string weights_sha256(const Weights& weights);

}  // namespace rung::nn

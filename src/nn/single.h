// Forward and backward pass of the stages that are one layer: leaky relu, PReLU, SiLU, and the sum of a
// residual connection. Tensors are one group's, [C][H][W][16].
#pragma once

#include <span>

#include "nn/plan.h"

namespace rung::nn {

// `added` is what a sum adds to x; all others ignore it.
void single_forward(const Stage& stage, std::span<const float> parameters, const float* x, const float* added,
                    float* y);

// The gradient of x, and among `gradient` [parameter_count] those of the stage's own parameters. Either may
// be null. What a sum adds has the gradient dy, which is left to the caller.
void single_backward(const Stage& stage, std::span<const float> parameters, const float* dy, const float* x,
                     float* dx, float* gradient);

}  // namespace rung::nn

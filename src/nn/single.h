// Forward and backward pass of the units that are one layer: leaky relu, PReLU, SiLU, the sum of a
// residual connection, and pooling. Tensors are one block's, [C][H][W][16].
#pragma once

#include <span>

#include "nn/plan.h"

namespace rung::nn {

// `added` is what a sum adds to x; all others ignore it.
void single_forward(const Unit& unit, std::span<const float> parameters, const float* x, const float* added,
                    float* y);

// Writes the gradient of x to `dx` and those of the unit's own parameters into `gradient` [parameter_count].
// Either may be null. The term that a sum adds has the gradient dy; the caller passes it on.
void single_backward(const Unit& unit, std::span<const float> parameters, const float* dy, const float* x,
                     float* dx, float* gradient);

}  // namespace rung::nn

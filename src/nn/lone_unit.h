// Forward and backward pass of the units that are one layer or a sum. Tensors are one block's, [C][H][W][16].
#pragma once

#include <span>

#include "nn/plan.h"

namespace rung::nn {

// `added` is what a sum adds to x; all others ignore it. Precondition: the unit runs alone.
void forward_alone(const Unit& unit, std::span<const float> parameters, const float* x, const float* added,
                   float* y);

// Writes the gradient of x to `dx` and those of the unit's own parameters into `gradient` [parameter_count].
// Either may be null. The term that a sum adds has the gradient dy; the caller passes it on. Precondition:
// the unit runs alone.
void backward_alone(const Unit& unit, std::span<const float> parameters, const float* dy, const float* x,
                    float* dx, float* gradient);

}  // namespace rung::nn

// Leaky relu (PReLU is leaky relu with a learned slope), whose gradient needs more than activation.h's one
// bit per element, so it takes its own pass over memory; and the sum of gradients. Shapes use the legend in
// layout.h; tensors are one block's, [C][H][W][16], of any alignment.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/bf16.h"

namespace rung::kernels {

struct ElementwiseShape {
  int channels = 1;
  size_t plane = 1;  // H * W

  size_t floats() const;  // of the block
};

// y = x where it is positive, slope * x elsewhere. `slope` holds one value, or [C].
void leaky_relu_forward(const ElementwiseShape& shape, const float* x, std::span<const float> slope,
                        float* y);

// dx = dy where x is positive, slope * dy elsewhere; `dx` may be null. If `dslope` is not empty, it gets the
// slopes' gradient: the sum of x * dy where x is not positive, formed as a tree over the lanes, and over the
// channels in order.
void leaky_relu_backward(const ElementwiseShape& shape, const float* dy, const float* x,
                         std::span<const float> slope, float* dx, std::span<float> dslope);

// y = a + b; y may be one of them.
void add(size_t elements, const float* a, const float* b, float* y);
void add(size_t elements, const Bf16Pair* a, const Bf16Pair* b, Bf16Pair* y);  // aligned, and whole pixels

namespace reference {

// The same, as plain loops.
void leaky_relu_forward(const ElementwiseShape& shape, const float* x, std::span<const float> slope,
                        float* y);
void leaky_relu_backward(const ElementwiseShape& shape, const float* dy, const float* x,
                         std::span<const float> slope, float* dx, std::span<float> dslope);

}  // namespace reference
}  // namespace rung::kernels

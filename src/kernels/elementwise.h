// Layers whose gradient needs more than activation.h's one bit per element: leaky relu (PReLU is leaky relu
// with a learned slope) and the functions of functions.h. Each takes its own pass over memory. Also the sum
// of a residual connection. Shapes use the legend in layout.h; tensors are one block's, [C][H][W][16], of any
// alignment.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/functions.h"

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

// y = f(x) and dx = f'(x) dy, with Highway's exp and tanh, not the system's.
void function_forward(Function function, size_t floats, const float* x, float* y);
void function_backward(Function function, size_t floats, const float* dy, const float* x, float* dx);

// y = a + b; y may be one of them.
void add(size_t floats, const float* a, const float* b, float* y);

namespace reference {

// A function's exact value and slope. NaN stays NaN, in the slope too.
double function_value(Function function, double x);
double function_slope(Function function, double x);

// The same as above, as plain loops; functions in double.
void leaky_relu_forward(const ElementwiseShape& shape, const float* x, std::span<const float> slope,
                        float* y);
void leaky_relu_backward(const ElementwiseShape& shape, const float* dy, const float* x,
                         std::span<const float> slope, float* dx, std::span<float> dslope);
void function_forward(Function function, size_t floats, const float* x, float* y);
void function_backward(Function function, size_t floats, const float* dy, const float* x, float* dx);

}  // namespace reference
}  // namespace rung::kernels

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/layout.h"

namespace rung::kernels::reference {
namespace {

// Calls visit(element, slope's index) for all elements of the block.
template <typename Visit>
void for_each(const ElementwiseShape& shape, size_t slopes, Visit visit) {
  const size_t channel_floats = shape.plane * kLanes;
  for (size_t i = 0; i < shape.floats(); ++i) visit(i, slopes == 1 ? 0 : i / channel_floats);
}

}  // namespace

void leaky_relu_forward(const ElementwiseShape& shape, const float* x, std::span<const float> slope,
                        float* y) {
  for_each(shape, slope.size(), [&](size_t i, size_t s) { y[i] = x[i] > 0 ? x[i] : slope[s] * x[i]; });
}

void leaky_relu_backward(const ElementwiseShape& shape, const float* dy, const float* x,
                         std::span<const float> slope, float* dx, std::span<float> dslope) {
  std::fill(dslope.begin(), dslope.end(), 0.0F);
  for_each(shape, slope.size(), [&](size_t i, size_t s) {
    if (dx != nullptr) dx[i] = x[i] > 0 ? dy[i] : slope[s] * dy[i];
    if (!dslope.empty() && !(x[i] > 0)) dslope[s] += x[i] * dy[i];
  });
}

}  // namespace rung::kernels::reference

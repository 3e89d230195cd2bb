#include "nn/lone_unit.h"

#include <algorithm>

#include "base/require.h"
#include "kernels/elementwise.h"

namespace rung::nn {

void forward_alone(const Unit& unit, std::span<const float> parameters, const float* x, const float* added,
                   float* y) {
  RUNG_REQUIRE(unit.runs_alone());
  if (unit.runner) return unit.runner->forward(parameters, x, y);
  kernels::add(block_floats(unit.input), x, added, y);
}

void backward_alone(const Unit& unit, std::span<const float> parameters, const float* dy, const float* x,
                    float* dx, float* gradient) {
  RUNG_REQUIRE(unit.runs_alone());
  if (unit.runner) return unit.runner->backward(parameters, dy, x, dx, gradient);
  if (dx != nullptr) std::copy_n(dy, block_floats(unit.input), dx);
}

}  // namespace rung::nn

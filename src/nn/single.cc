#include "nn/single.h"

#include <algorithm>
#include <optional>

#include "base/overloaded.h"
#include "kernels/elementwise.h"

namespace rung::nn {
namespace {

kernels::ElementwiseShape shape_of(const Unit& unit) {
  const kernels::ActivationShape& shape = unit.activation;
  return {shape.channels, static_cast<size_t>(shape.height) * static_cast<size_t>(shape.width)};
}

std::span<const float> slopes(const Unit::LeakyRelu& relu, std::span<const float> parameters) {
  if (relu.learnt == 0) return {&relu.slope, 1};
  return parameters.subspan(relu.weight, relu.learnt);
}

// Parameters from the offset; null if there are none, or no offset.
template <typename Float>
Float* at(Float* parameters, std::optional<size_t> offset) {
  return parameters == nullptr || !offset ? nullptr : parameters + *offset;
}

}  // namespace

void single_forward(const Unit& unit, std::span<const float> parameters, const float* x, const float* added,
                    float* y) {
  const kernels::ElementwiseShape shape = shape_of(unit);
  std::visit(Overloaded{[](std::monostate) {},
                        [&](const Unit::LeakyRelu& relu) {
                          kernels::leaky_relu_forward(shape, x, slopes(relu, parameters), y);
                        },
                        [&](kernels::Function function) {
                          kernels::function_forward(function, shape.floats(), x, y);
                        },
                        [&](const Unit::Addition&) { kernels::add(shape.floats(), x, added, y); },
                        [&](const Unit::GroupNorm& norm) {
                          kernels::group_norm_forward(norm.shape, x, at(parameters.data(), norm.weight),
                                                      at(parameters.data(), norm.bias), y);
                        },
                        [&](const kernels::PoolShape& pool) { kernels::pool_forward(pool, x, y); }},
             unit.single);
}

void single_backward(const Unit& unit, std::span<const float> parameters, const float* dy, const float* x,
                     float* dx, float* gradient) {
  const kernels::ElementwiseShape shape = shape_of(unit);
  std::visit(Overloaded{[](std::monostate) {},
                        [&](const Unit::LeakyRelu& relu) {
                          std::span<float> dslope;
                          if (gradient != nullptr) dslope = {gradient + relu.weight, relu.learnt};
                          kernels::leaky_relu_backward(shape, dy, x, slopes(relu, parameters), dx, dslope);
                        },
                        [&](kernels::Function function) {
                          if (dx != nullptr) kernels::function_backward(function, shape.floats(), dy, x, dx);
                        },
                        [&](const Unit::Addition&) {
                          if (dx != nullptr) std::copy_n(dy, shape.floats(), dx);
                        },
                        [&](const Unit::GroupNorm& norm) {
                          kernels::group_norm_backward(norm.shape, dy, x, at(parameters.data(), norm.weight),
                                                       dx, at(gradient, norm.weight),
                                                       at(gradient, norm.bias));
                        },
                        [&](const kernels::PoolShape& pool) {
                          if (dx != nullptr) kernels::pool_backward(pool, dy, x, dx);
                        }},
             unit.single);
}

}  // namespace rung::nn

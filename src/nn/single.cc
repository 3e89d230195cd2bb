#include "nn/single.h"

#include <algorithm>

#include "kernels/elementwise.h"

namespace rung::nn {
namespace {

kernels::ElementwiseShape shape_of(const Stage& stage) {
  const kernels::ActivationShape& shape = stage.activation;
  return {shape.channels, static_cast<size_t>(shape.height) * static_cast<size_t>(shape.width)};
}

std::span<const float> slopes(const Stage::LeakyRelu& relu, std::span<const float> parameters) {
  if (relu.learnt == 0) return {&relu.slope, 1};
  return parameters.subspan(relu.weight, relu.learnt);
}

}  // namespace

void single_forward(const Stage& stage, std::span<const float> parameters, const float* x, const float* added,
                    float* y) {
  const kernels::ElementwiseShape shape = shape_of(stage);
  if (const auto* relu = std::get_if<Stage::LeakyRelu>(&stage.single)) {
    kernels::leaky_relu_forward(shape, x, slopes(*relu, parameters), y);
  } else if (stage.addition() != nullptr) {
    kernels::add(shape.floats(), x, added, y);
  } else if (const auto* pool = std::get_if<kernels::PoolShape>(&stage.single)) {
    kernels::pool_forward(*pool, x, y);
  } else {
    kernels::silu_forward(shape, x, y);
  }
}

void single_backward(const Stage& stage, std::span<const float> parameters, const float* dy, const float* x,
                     float* dx, float* gradient) {
  const kernels::ElementwiseShape shape = shape_of(stage);
  if (const auto* relu = std::get_if<Stage::LeakyRelu>(&stage.single)) {
    std::span<float> dslope;
    if (gradient != nullptr) dslope = {gradient + relu->weight, relu->learnt};
    kernels::leaky_relu_backward(shape, dy, x, slopes(*relu, parameters), dx, dslope);
  } else if (dx == nullptr) {
    return;
  } else if (stage.addition() != nullptr) {
    std::copy_n(dy, shape.floats(), dx);
  } else if (const auto* pool = std::get_if<kernels::PoolShape>(&stage.single)) {
    kernels::pool_backward(*pool, dy, x, dx);
  } else {
    kernels::silu_backward(shape, dy, x, dx);
  }
}

}  // namespace rung::nn

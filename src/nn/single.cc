#include "nn/single.h"

#include <algorithm>

#include "base/overloaded.h"
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
  std::visit(Overloaded{[](std::monostate) {},
                        [&](const Stage::LeakyRelu& relu) {
                          kernels::leaky_relu_forward(shape, x, slopes(relu, parameters), y);
                        },
                        [&](kernels::Function function) {
                          kernels::function_forward(function, shape.floats(), x, y);
                        },
                        [&](const Stage::Addition&) { kernels::add(shape.floats(), x, added, y); },
                        [&](const Stage::GroupNorm& norm) {
                          const float* weight = norm.affine ? parameters.data() + norm.weight : nullptr;
                          const float* bias = norm.affine ? parameters.data() + norm.bias : nullptr;
                          kernels::group_norm_forward(norm.shape, x, weight, bias, y);
                        },
                        [&](const kernels::PoolShape& pool) { kernels::pool_forward(pool, x, y); }},
             stage.single);
}

void single_backward(const Stage& stage, std::span<const float> parameters, const float* dy, const float* x,
                     float* dx, float* gradient) {
  const kernels::ElementwiseShape shape = shape_of(stage);
  const auto own = [&](size_t offset) { return gradient == nullptr ? nullptr : gradient + offset; };
  if (const auto* relu = std::get_if<Stage::LeakyRelu>(&stage.single)) {
    std::span<float> dslope;
    if (gradient != nullptr) dslope = {own(relu->weight), relu->learnt};
    return kernels::leaky_relu_backward(shape, dy, x, slopes(*relu, parameters), dx, dslope);
  }
  if (const auto* norm = std::get_if<Stage::GroupNorm>(&stage.single)) {
    if (!norm->affine) return kernels::group_norm_backward(norm->shape, dy, x, nullptr, dx, nullptr, nullptr);
    return kernels::group_norm_backward(norm->shape, dy, x, parameters.data() + norm->weight, dx,
                                        own(norm->weight), own(norm->bias));
  }
  if (dx == nullptr) return;  // the others have no parameters
  std::visit(Overloaded{[](std::monostate) {}, [](const Stage::LeakyRelu&) {}, [](const Stage::GroupNorm&) {},
                        [&](kernels::Function function) {
                          kernels::function_backward(function, shape.floats(), dy, x, dx);
                        },
                        [&](const Stage::Addition&) { std::copy_n(dy, shape.floats(), dx); },
                        [&](const kernels::PoolShape& pool) { kernels::pool_backward(pool, dy, x, dx); }},
             stage.single);
}

}  // namespace rung::nn

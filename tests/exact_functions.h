// The functions of kernels/functions.h from their definitions, in double: what the vector forms are compared
// with, here and in fuzz/kernels.cc. The two are written apart and share no code.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/activation.h"
#include "kernels/functions.h"

namespace rung::testing {

struct ValueAndSlope {
  double value = 0;
  double slope = 0;
};

inline double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

inline ValueAndSlope exact_gelu(double x) {
  const double distribution = std::erfc(-x / std::numbers::sqrt2) / 2;
  const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
  return {x * distribution, distribution + x * density};
}

inline ValueAndSlope exact_gelu_by_tanh(double x) {
  const double factor = std::sqrt(2 / std::numbers::pi);
  const double t = std::tanh(factor * (x + 0.044715 * x * x * x));
  const double argument_slope = factor * (1 + 3 * 0.044715 * x * x);
  return {x * (1 + t) / 2, (1 + t) / 2 + x * (1 - t * t) / 2 * argument_slope};
}

inline ValueAndSlope exact_mish(double x) {
  const double t = std::tanh(std::log1p(std::exp(x)));
  return {x * t, t + x * (1 - t * t) * sigmoid(x)};
}

// NaN stays NaN, in the slope too.
inline ValueAndSlope exact(kernels::Function function, double x) {
  using kernels::Function;
  if (std::isnan(x)) return {x, x};
  switch (function) {
    case Function::kSilu:
      return {x * sigmoid(x), sigmoid(x) * (1 + x * (1 - sigmoid(x)))};
    case Function::kGelu:
      return exact_gelu(x);
    case Function::kGeluTanh:
      return exact_gelu_by_tanh(x);
    case Function::kMish:
      return exact_mish(x);
    case Function::kRelu6:
      return {std::clamp(x, 0.0, 6.0), x > 0 && x < 6 ? 1.0 : 0.0};
    case Function::kHardswish:
      return {x * std::clamp(x + 3, 0.0, 6.0) / 6, x < -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1};
    case Function::kSigmoid:
      return {sigmoid(x), sigmoid(x) * (1 - sigmoid(x))};
    case Function::kTanh:
      return {std::tanh(x), 1 - std::tanh(x) * std::tanh(x)};
  }
  return {};
}

// The references of activation.h know no functions: these are the same three for any shape.
inline void exact_activation_forward(kernels::ActivationShape shape, const kernels::ActivationInput& input,
                                     uint16_t* bits, float* y) {
  const auto function = shape.function;
  shape.function.reset();
  kernels::reference::activation_forward(shape, input, bits, y);
  if (!function) return;
  for (size_t i = 0; i < shape.elements() * kernels::kLanes; ++i)
    y[i] = static_cast<float>(exact(*function, y[i]).value);
}

// Makes dy the gradient of the function's argument.
inline void exact_function_gradient(const kernels::ActivationShape& shape,
                                    const kernels::ActivationInput& input, float* dy) {
  kernels::ActivationShape before = shape;
  before.function.reset();
  AlignedBuffer<float> argument(shape.elements() * kernels::kLanes);
  kernels::reference::activation_forward(before, input, nullptr, argument.data());
  for (size_t i = 0; i < argument.size(); ++i)
    dy[i] = static_cast<float>(dy[i] * exact(*shape.function, argument[i]).slope);
}

inline void exact_activation_backward_sums(kernels::ActivationShape shape,
                                           const kernels::ActivationInput& input,
                                           const kernels::ActivationGradient& gradient, const float* mean,
                                           float* sums) {
  using namespace kernels;
  const bool has_function = shape.function.has_value();
  if (has_function) exact_function_gradient(shape, input, gradient.dy);
  shape.function.reset();
  reference::activation_backward_sums(shape, input, gradient, mean, sums);
  if (!has_function) return;
  shape.rectified = false;
  std::vector<float> dy(gradient.dy, gradient.dy + shape.elements() * kLanes);
  ActivationGradient kept = gradient;
  kept.dy = dy.data();
  reference::activation_backward(shape, input, kept, nullptr, kLanes,
                                 dense_view(gradient.dy, shape.height, shape.width));
}

inline void exact_activation_backward(kernels::ActivationShape shape, const kernels::ActivationInput& input,
                                      kernels::ActivationGradient gradient, const kernels::NormGradient* norm,
                                      int lanes, kernels::View<float> dx) {
  std::vector<float> dy;
  if (shape.function && norm == nullptr) {
    dy.assign(gradient.dy, gradient.dy + shape.elements() * kernels::kLanes);
    exact_function_gradient(shape, input, dy.data());
    gradient.dy = dy.data();
  } else if (shape.function) {
    gradient = {.dy = gradient.dy};  // which the sums have made what it should be
  }
  shape.function.reset();
  kernels::reference::activation_backward(shape, input, gradient, norm, lanes, dx);
}

}  // namespace rung::testing

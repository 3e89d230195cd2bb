#include <algorithm>
#include <cmath>
#include <numbers>

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

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double normal_distribution(double x) {
  return std::erfc(-x / std::numbers::sqrt2) / 2;
}

// The argument of gelu's tanh form, and its slope.
double gelu_argument(double x) {
  return std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
}
double gelu_argument_slope(double x) {
  return std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
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

double function_value(Function function, double x) {
  if (std::isnan(x)) return x;
  switch (function) {
    case Function::kSilu:
      return x * sigmoid(x);
    case Function::kGelu:
      return x * normal_distribution(x);
    case Function::kGeluTanh:
      return x * (1 + std::tanh(gelu_argument(x))) / 2;
    case Function::kRelu6:
      return std::clamp(x, 0.0, 6.0);
    case Function::kHardswish:
      return x * std::clamp(x + 3, 0.0, 6.0) / 6;
    case Function::kSigmoid:
      return sigmoid(x);
    case Function::kTanh:
      return std::tanh(x);
  }
  return 0;
}

double function_slope(Function function, double x) {
  if (std::isnan(x)) return x;
  switch (function) {
    case Function::kSilu:
      return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
    case Function::kGelu:
      return normal_distribution(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    case Function::kGeluTanh: {
      const double t = std::tanh(gelu_argument(x));
      return (1 + t) / 2 + x * (1 - t * t) / 2 * gelu_argument_slope(x);
    }
    case Function::kRelu6:
      return x > 0 && x < 6 ? 1 : 0;
    case Function::kHardswish:
      return x < -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1;
    case Function::kSigmoid:
      return sigmoid(x) * (1 - sigmoid(x));
    case Function::kTanh:
      return 1 - std::tanh(x) * std::tanh(x);
  }
  return 0;
}

}  // namespace rung::kernels::reference

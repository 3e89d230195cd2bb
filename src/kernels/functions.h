// The elementwise functions without parameters: y = f(x). Each is an enumerator, a name, and its exact
// value and slope here, and its vector form in functions-inl.h; kernels, costs, tests and fuzzing follow.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace rung::kernels {

enum class Function : uint8_t { kSilu, kGelu, kGeluTanh, kRelu6, kHardswish, kSigmoid, kTanh };

constexpr std::string_view name_of(Function function) {
  switch (function) {
    case Function::kSilu:
      return "silu";
    case Function::kGelu:
      return "gelu";
    case Function::kGeluTanh:
      return "gelu by tanh";
    case Function::kRelu6:
      return "relu6";
    case Function::kHardswish:
      return "hardswish";
    case Function::kSigmoid:
      return "sigmoid";
    case Function::kTanh:
      return "tanh";
  }
  return "";
}

// How many there are.
inline constexpr int kFunctions = [] {
  int count = 0;
  while (!name_of(static_cast<Function>(count)).empty()) ++count;
  return count;
}();

inline constexpr auto kEveryFunction = [] {
  std::array<Function, kFunctions> all{};
  for (int i = 0; i < kFunctions; ++i) all[static_cast<size_t>(i)] = static_cast<Function>(i);
  return all;
}();

// In double, with the system's functions: for references and tests.
namespace exact {

inline double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
inline double normal_distribution(double x) {
  return std::erfc(-x / std::numbers::sqrt2) / 2;
}

// The argument of gelu's tanh form, and its slope.
inline double gelu_argument(double x) {
  return std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
}
inline double gelu_argument_slope(double x) {
  return std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
}

// NaN stays NaN, in the slope too.
inline double value(Function function, double x) {
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

inline double slope(Function function, double x) {
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

}  // namespace exact

}  // namespace rung::kernels

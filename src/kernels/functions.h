// The elementwise functions without parameters: y = f(x). Each is an enumerator and a name here, and its
// vector form in functions-inl.h; tests/exact_functions.h has its definition in double. Kernels, costs, tests
// and fuzzing follow.
#pragma once

#include <cstdint>
#include <string_view>

namespace rung::kernels {

enum class Function : uint8_t { kSilu, kGelu, kGeluTanh, kMish, kRelu6, kHardswish, kSigmoid, kTanh };

constexpr std::string_view name_of(Function function) {
  switch (function) {
    case Function::kSilu:
      return "silu";
    case Function::kGelu:
      return "gelu";
    case Function::kGeluTanh:
      return "gelu by tanh";
    case Function::kMish:
      return "mish";
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

}  // namespace rung::kernels

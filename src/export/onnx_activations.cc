#include "export/onnx_activations.h"

#include <numbers>
#include <variant>

#include "base/overloaded.h"

namespace rung::exports {
namespace {

std::string product(OnnxBuilder& onnx, const std::string& x, const std::string& y) {
  return onnx.add("Mul", {x, y});
}

// x * (1 + y) / 2
std::string gelu(OnnxBuilder& onnx, const std::string& x, const std::string& y) {
  return onnx.add_with("Mul", product(onnx, x, onnx.add_with("Add", y, 1)), 0.5);
}

std::string add_function(OnnxBuilder& onnx, kernels::Function function, const std::string& x) {
  switch (function) {
    case kernels::Function::kSilu:
      return product(onnx, x, onnx.add("Sigmoid", {x}));
    case kernels::Function::kGelu:
      return gelu(onnx, x, onnx.add("Erf", {onnx.add_with("Mul", x, 1 / std::numbers::sqrt2)}));
    case kernels::Function::kGeluTanh: {
      // sqrt(2 / pi) * (x + 0.044715 x^3)
      constexpr double kFactor = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
      const std::string square = product(onnx, x, x);
      const std::string slope =
          onnx.add_with("Add", onnx.add_with("Mul", square, kFactor * 0.044715), kFactor);
      return gelu(onnx, x, onnx.add("Tanh", {product(onnx, x, slope)}));
    }
    case kernels::Function::kMish:
      return product(onnx, x, onnx.add("Tanh", {onnx.add("Softplus", {x})}));
    case kernels::Function::kRelu6:
      // Not Clip: OpenCV 4.6 refuses bounds that are inputs, which they have been since opset 11.
      return onnx.add_with("Mul", onnx.add("HardSigmoid", {x}, {{"alpha", 1.0F / 6}, {"beta", 0.0F}}), 6);
    case kernels::Function::kHardswish:  // (ONNX's own is of opset 14.)
      return product(onnx, x, onnx.add("HardSigmoid", {x}, {{"alpha", 1.0F / 6}, {"beta", 0.5F}}));
    case kernels::Function::kSigmoid:
      return onnx.add("Sigmoid", {x});
    case kernels::Function::kTanh:
      return onnx.add("Tanh", {x});
  }
  return x;
}

}  // namespace

std::string add_activation(OnnxBuilder& onnx, const nn::graph::Activation& function, const std::string& x) {
  return std::visit(
      Overloaded{[&](const nn::graph::Relu& /*relu*/) { return onnx.add("Relu", {x}); },
                 [&](const nn::graph::LeakyRelu& relu) {
                   return onnx.add("LeakyRelu", {x}, {{"alpha", relu.slope[0]}});
                 },
                 [&](const nn::graph::Function& f) { return add_function(onnx, f.function, x); }},
      function);
}

}  // namespace rung::exports

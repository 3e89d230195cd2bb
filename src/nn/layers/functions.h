// The layers that are a function of kernels/functions.h.
#pragma once

#include <concepts>
#include <string_view>
#include <tuple>
#include <variant>

#include "base/fields.h"
#include "kernels/functions.h"

namespace rung::nn {

// torch.nn.SiLU: x / (1 + exp(-x)).
struct Silu {
  friend bool operator==(const Silu&, const Silu&) = default;

  static constexpr std::string_view kName = "silu";
  static constexpr std::string_view kTorchName = "SiLU";
  static constexpr auto fields() { return std::tuple(); }
  static constexpr kernels::Function function() { return kernels::Function::kSilu; }
};

// torch.nn.GELU: x times the normal distribution function, exactly or by tanh.
struct Gelu {
  enum class Approximate { kNone, kTanh };
  friend constexpr std::string_view name_of(Approximate value) {
    switch (value) {
      case Approximate::kNone:
        return "none";
      case Approximate::kTanh:
        return "tanh";
    }
    return "";
  }
  Approximate approximate = Approximate::kNone;
  friend bool operator==(const Gelu&, const Gelu&) = default;

  static constexpr std::string_view kName = "gelu";
  static constexpr std::string_view kTorchName = "GELU";
  static constexpr auto fields() { return std::tuple(field("approximate", &Gelu::approximate)); }
  constexpr kernels::Function function() const {
    return approximate == Approximate::kTanh ? kernels::Function::kGeluTanh : kernels::Function::kGelu;
  }
};

// torch.nn.Mish: x tanh(log(1 + exp(x))) (Misra, "Mish: A Self Regularized Non-Monotonic Activation
// Function", 2019).
struct Mish {
  friend bool operator==(const Mish&, const Mish&) = default;

  static constexpr std::string_view kName = "mish";
  static constexpr std::string_view kTorchName = "Mish";
  static constexpr auto fields() { return std::tuple(); }
  static constexpr kernels::Function function() { return kernels::Function::kMish; }
};

// torch.nn.ReLU6: x, but at least 0 and at most 6.
struct Relu6 {
  friend bool operator==(const Relu6&, const Relu6&) = default;

  static constexpr std::string_view kName = "relu6";
  static constexpr std::string_view kTorchName = "ReLU6";
  static constexpr auto fields() { return std::tuple(); }
  static constexpr kernels::Function function() { return kernels::Function::kRelu6; }
};

// torch.nn.Hardswish: x * ReLU6(x + 3) / 6.
struct Hardswish {
  friend bool operator==(const Hardswish&, const Hardswish&) = default;

  static constexpr std::string_view kName = "hardswish";
  static constexpr std::string_view kTorchName = "Hardswish";
  static constexpr auto fields() { return std::tuple(); }
  static constexpr kernels::Function function() { return kernels::Function::kHardswish; }
};

// torch.nn.Sigmoid: 1 / (1 + exp(-x)).
struct Sigmoid {
  friend bool operator==(const Sigmoid&, const Sigmoid&) = default;

  static constexpr std::string_view kName = "sigmoid";
  static constexpr std::string_view kTorchName = "Sigmoid";
  static constexpr auto fields() { return std::tuple(); }
  static constexpr kernels::Function function() { return kernels::Function::kSigmoid; }
};

// torch.nn.Tanh: the hyperbolic tangent.
struct Tanh {
  friend bool operator==(const Tanh&, const Tanh&) = default;

  static constexpr std::string_view kName = "tanh";
  static constexpr std::string_view kTorchName = "Tanh";
  static constexpr auto fields() { return std::tuple(); }
  static constexpr kernels::Function function() { return kernels::Function::kTanh; }
};

using FunctionLayers = std::variant<Silu, Gelu, Mish, Relu6, Hardswish, Sigmoid, Tanh>;

// Such a layer. Whatever its function, it has no parameters and keeps its input's shape.
template <typename Layer>
concept IsFunction = requires(const Layer& layer) {
  { layer.function() } -> std::same_as<kernels::Function>;
};

}  // namespace rung::nn

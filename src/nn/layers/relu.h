#pragma once

#include <string_view>
#include <tuple>

#include "nn/layer.h"

namespace rung::nn {

// torch.nn.ReLU: x, but at least 0.
struct Relu {
  friend bool operator==(const Relu&, const Relu&) = default;

  static constexpr std::string_view kName = "relu";
  static constexpr std::string_view kTorchName = "ReLU";
  static constexpr auto fields() { return std::tuple(); }
};

}  // namespace rung::nn

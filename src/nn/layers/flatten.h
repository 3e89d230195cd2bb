#pragma once

#include <string_view>
#include <tuple>

#include "nn/layer.h"

namespace rung::nn {

// torch.nn.Flatten: [C, H, W] to [C*H*W, 1, 1].
struct Flatten {
  friend bool operator==(const Flatten&, const Flatten&) = default;

  static constexpr std::string_view kName = "flatten";
  static constexpr std::string_view kTorchName = "Flatten";
  static constexpr auto fields() { return std::tuple(); }

  static void infer(const LayerPlace& place, LayerInfo& info);
};

}  // namespace rung::nn

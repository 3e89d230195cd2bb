#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "nn/layer.h"

namespace rung::nn {

// torch.nn.BatchNorm2d, affine, with running statistics.
struct BatchNorm2d {
  double eps = 1e-5;
  double momentum = 0.1;
  friend bool operator==(const BatchNorm2d&, const BatchNorm2d&) = default;

  static constexpr std::string_view kName = "batch_norm2d";
  static constexpr std::string_view kTorchName = "BatchNorm2d";
  static constexpr auto fields() {
    return std::tuple(field("eps", &BatchNorm2d::eps)
                          .within(NumberRange::left_open(0, 1))
                          .means("on 1 × 1 planes, no batch may have a single image"),
                      field("momentum", &BatchNorm2d::momentum).within(0, 1));
  }

  static void infer(const LayerPlace& /*place*/, LayerInfo& info) {
    info.params = 2 * int64_t{info.input.channels};
  }
};

}  // namespace rung::nn

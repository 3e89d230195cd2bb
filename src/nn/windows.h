// Which positions of its input each position of a layer's output reads.
#pragma once

#include <optional>
#include <vector>

#include "kernels/window.h"
#include "nn/model_spec.h"

namespace rung::nn {

struct Windows {
  std::vector<kernels::Window> rows;
  std::vector<kernels::Window> columns;
};

// The windows of a layer that reads several positions: a convolution or a pooling that fits its input, or a
// norm over the plane.
std::optional<Windows> windows_of(const LayerSpec& layer, const Shape& input);

}  // namespace rung::nn

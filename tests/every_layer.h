// One of every layer, and a small model around each.
#pragma once

#include <variant>
#include <vector>

#include "every_row.h"
#include "nn/model_spec.h"

namespace rung::testing {

// With options that are not the defaults, as far as it has any.
inline std::vector<nn::LayerSpec> every_layer() {
  using namespace nn;
  return every_row<LayerSpec>(
      Conv2d{.out_channels = 6,
             .kernel_size = {3, 2},
             .stride = {2, 1},
             .padding = {1, 0},
             .dilation = {2, 3},
             .groups = 2},
      BatchNorm2d{1e-3, 0.25}, GroupNorm{2, 1e-3}, Dropout{0.3}, Dropout2d{0.4}, Relu{}, LeakyRelu{0.125},
      PRelu{4, 0.5}, Silu{}, Gelu{Gelu::Approximate::kTanh}, Mish{}, Relu6{}, Hardswish{}, Sigmoid{}, Tanh{},
      Add{-1}, MaxPool2d{{2, 2}, {1, 3}, {0, 1}, true}, AvgPool2d{{3, 2}, {2, 2}, {1, 1}, true, false},
      AdaptiveAvgPool2d{{2, 3}}, Flatten{}, Linear{5, false});
}

// A model that has the layer behind a convolution of 4 channels.
inline nn::ModelSpec model_with(const nn::LayerSpec& layer, const nn::Shape& input = {1, 7, 6},
                                int classes = 3) {
  nn::ModelSpec model{input, classes, {nn::Conv2d{.out_channels = 4, .kernel_size = {3, 3}}}};
  if (std::holds_alternative<nn::Linear>(layer)) model.layers.emplace_back(nn::Flatten{});
  model.layers.push_back(layer);
  model.layers.emplace_back(nn::Flatten{});
  model.layers.emplace_back(nn::Linear{classes, true});
  return model;
}

}  // namespace rung::testing

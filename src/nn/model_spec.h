// What a model is, as plain values: the layers of a recipe with PyTorch's names, meanings and defaults. No
// weights.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nn/layers/add.h"
#include "nn/layers/batch_norm2d.h"
#include "nn/layers/conv2d.h"
#include "nn/layers/dropout.h"
#include "nn/layers/flatten.h"
#include "nn/layers/functions.h"
#include "nn/layers/group_norm.h"
#include "nn/layers/leaky_relu.h"
#include "nn/layers/linear.h"
#include "nn/layers/pooling.h"
#include "nn/layers/relu.h"
#include "nn/shape.h"

namespace rung::nn {

// (Only for its type.)
template <typename... First, typename... Second, typename... Third>
std::variant<First..., Second..., Third...> joined(std::variant<First...>, std::variant<Second...>,
                                                   std::variant<Third...>);

using LayerSpec = decltype(joined(
    std::variant<Conv2d, BatchNorm2d, GroupNorm, Dropout, Dropout2d, Relu, LeakyRelu, PRelu>{},
    FunctionLayers{}, std::variant<Add, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Flatten, Linear>{}));

struct ModelSpec {
  Shape input;
  int classes = 0;
  std::vector<LayerSpec> layers;
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;
};

// The layer's name in a recipe ("conv2d") and in PyTorch ("Conv2d").
std::string_view recipe_name(const LayerSpec& layer);
std::string_view torch_name(const LayerSpec& layer);

// PyTorch's name with the layer's index ("Conv2d-4"), counted from 0 as in errors, settings and state_dict.
std::string numbered_name(const ModelSpec& model, size_t index);

}  // namespace rung::nn

// One layer of a model. Option names and defaults are PyTorch's; the defaults themselves are in nn/spec.h.
// nn::infer checks what depends on the previous layer (shapes, groups).
#include "nn/infer.h"
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

constexpr auto kSlopes = NumberRange::closed(-1'000, 1'000);

nn::Size2 parse_size(const TableReader& layer, std::string_view key, int low) {
  const auto sides = layer.integers(key, 2, low, nn::kMaxSide, TableReader::Scalar::kAllowed);
  return {sides[0], sides[1]};
}

nn::Size2 parse_size(const TableReader& layer, std::string_view key, int low, nn::Size2 fallback) {
  return layer.has(key) ? parse_size(layer, key, low) : fallback;
}

nn::LayerSpec parse_conv(const TableReader& layer) {
  layer.allow({"type", "out_channels", "kernel_size", "stride", "padding", "groups", "bias"});
  nn::Conv2d conv;
  conv.out_channels = layer.small_integer("out_channels", 1, nn::kMaxChannels);
  conv.kernel_size = parse_size(layer, "kernel_size", 1);
  conv.stride = parse_size(layer, "stride", 1, conv.stride);
  conv.padding = parse_size(layer, "padding", 0, conv.padding);
  conv.groups = layer.small_integer("groups", 1, nn::kMaxChannels, conv.groups);
  conv.bias = layer.boolean("bias", conv.bias);
  return conv;
}

nn::LayerSpec parse_batch_norm(const TableReader& layer) {
  layer.allow({"type", "eps", "momentum"});
  nn::BatchNorm2d norm;
  norm.eps = layer.number("eps", NumberRange::left_open(0, 1), norm.eps);
  norm.momentum = layer.number("momentum", NumberRange::closed(0, 1), norm.momentum);
  return norm;
}

nn::LayerSpec parse_dropout(const TableReader& layer) {
  layer.allow({"type", "p"});
  return nn::Dropout{layer.number("p", NumberRange::closed(0, nn::kMaxDropout), nn::Dropout{}.p)};
}

nn::LayerSpec parse_leaky_relu(const TableReader& layer) {
  layer.allow({"type", "negative_slope"});
  return nn::LeakyRelu{layer.number("negative_slope", kSlopes, nn::LeakyRelu{}.negative_slope)};
}

nn::LayerSpec parse_prelu(const TableReader& layer) {
  layer.allow({"type", "num_parameters", "init"});
  nn::PRelu relu;
  relu.num_parameters = layer.small_integer("num_parameters", 1, nn::kMaxChannels, relu.num_parameters);
  relu.init = layer.number("init", kSlopes, relu.init);
  return relu;
}

nn::LayerSpec parse_add(const TableReader& layer) {
  layer.allow({"type", "from"});
  constexpr auto kMost = static_cast<int>(kMaxLayers);
  return nn::Add{layer.small_integer("from", -kMost, kMost)};
}

template <typename Pool>
nn::LayerSpec parse_pool(const TableReader& layer) {
  layer.allow({"type", "kernel_size", "stride", "padding"});
  Pool pool{parse_size(layer, "kernel_size", 1)};
  pool.stride = parse_size(layer, "stride", 1, pool.stride);
  pool.padding = parse_size(layer, "padding", 0, pool.padding);
  return pool;
}

nn::LayerSpec parse_adaptive_pool(const TableReader& layer) {
  layer.allow({"type", "output_size"});
  return nn::AdaptiveAvgPool2d{parse_size(layer, "output_size", 1)};
}

nn::LayerSpec parse_linear(const TableReader& layer) {
  layer.allow({"type", "out_features", "bias"});
  nn::Linear linear;
  linear.out_features = layer.small_integer("out_features", 1, nn::kMaxChannels);
  linear.bias = layer.boolean("bias", linear.bias);
  return linear;
}

template <typename Layer>
nn::LayerSpec parse_plain(const TableReader& layer) {
  layer.allow({"type"});
  return Layer{};
}

using ParseLayer = nn::LayerSpec (*)(const TableReader&);

const std::array kLayers = {
    Named<ParseLayer>{nn::recipe_name(nn::Conv2d{}), parse_conv},
    Named<ParseLayer>{nn::recipe_name(nn::BatchNorm2d{}), parse_batch_norm},
    Named<ParseLayer>{nn::recipe_name(nn::Dropout{}), parse_dropout},
    Named<ParseLayer>{nn::recipe_name(nn::Relu{}), parse_plain<nn::Relu>},
    Named<ParseLayer>{nn::recipe_name(nn::LeakyRelu{}), parse_leaky_relu},
    Named<ParseLayer>{nn::recipe_name(nn::PRelu{}), parse_prelu},
    Named<ParseLayer>{nn::recipe_name(nn::Silu{}), parse_plain<nn::Silu>},
    Named<ParseLayer>{nn::recipe_name(nn::Add{}), parse_add},
    Named<ParseLayer>{nn::recipe_name(nn::MaxPool2d{}), parse_pool<nn::MaxPool2d>},
    Named<ParseLayer>{nn::recipe_name(nn::AvgPool2d{}), parse_pool<nn::AvgPool2d>},
    Named<ParseLayer>{nn::recipe_name(nn::AdaptiveAvgPool2d{}), parse_adaptive_pool},
    Named<ParseLayer>{nn::recipe_name(nn::Flatten{}), parse_plain<nn::Flatten>},
    Named<ParseLayer>{nn::recipe_name(nn::Linear{}), parse_linear},
};
static_assert(kLayers.size() == std::variant_size_v<nn::LayerSpec>);

}  // namespace

nn::LayerSpec parse_layer(const TableReader& layer) {
  return layer.choice("type", kLayers)(layer);
}

}  // namespace rung::recipe

// One layer of a model. Option names and defaults are PyTorch's; the defaults themselves are in nn/spec.h.
// nn::infer checks what depends on the previous layer (shapes, groups).
#include <array>

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

// A number of channels, or "in_channels" for as many as the input has.
int parse_channels(const TableReader& layer, std::string_view key, const InChannels& in_channels,
                   std::optional<int> fallback = {}) {
  if (!layer.has(key)) return layer.small_integer(key, 1, nn::kMaxChannels, fallback);
  const auto channels = layer.integer_or_word(key, 1, nn::kMaxChannels, "in_channels");
  return channels ? *channels : in_channels();
}

constexpr auto kConvKeys =
    std::to_array<std::string_view>({"out_channels", "kernel_size", "stride", "padding", "groups", "bias"});
nn::LayerSpec parse_conv(const TableReader& layer, const InChannels& in_channels) {
  nn::Conv2d conv;
  conv.out_channels = parse_channels(layer, "out_channels", in_channels);
  conv.kernel_size = parse_size(layer, "kernel_size", 1);
  conv.stride = parse_size(layer, "stride", 1, conv.stride);
  conv.padding = parse_size(layer, "padding", 0, conv.padding);
  conv.groups = parse_channels(layer, "groups", in_channels, conv.groups);
  conv.bias = layer.boolean("bias", conv.bias);
  return conv;
}

constexpr auto kBatchNormKeys = std::to_array<std::string_view>({"eps", "momentum"});
nn::LayerSpec parse_batch_norm(const TableReader& layer) {
  nn::BatchNorm2d norm;
  norm.eps = layer.number("eps", NumberRange::left_open(0, 1), norm.eps);
  norm.momentum = layer.number("momentum", NumberRange::closed(0, 1), norm.momentum);
  return norm;
}

constexpr auto kDropoutKeys = std::to_array<std::string_view>({"p"});
nn::LayerSpec parse_dropout(const TableReader& layer) {
  return nn::Dropout{layer.number("p", NumberRange::closed(0, nn::kMaxDropout), nn::Dropout{}.p)};
}

constexpr auto kLeakyReluKeys = std::to_array<std::string_view>({"negative_slope"});
nn::LayerSpec parse_leaky_relu(const TableReader& layer) {
  return nn::LeakyRelu{layer.number("negative_slope", kSlopes, nn::LeakyRelu{}.negative_slope)};
}

constexpr auto kPReluKeys = std::to_array<std::string_view>({"num_parameters", "init"});
nn::LayerSpec parse_prelu(const TableReader& layer) {
  nn::PRelu relu;
  relu.num_parameters = layer.small_integer("num_parameters", 1, nn::kMaxChannels, relu.num_parameters);
  relu.init = layer.number("init", kSlopes, relu.init);
  return relu;
}

constexpr auto kAddKeys = std::to_array<std::string_view>({"from"});
nn::LayerSpec parse_add(const TableReader& layer) {
  constexpr auto kMost = static_cast<int>(kMaxLayers);
  return nn::Add{layer.small_integer("from", -kMost, kMost)};
}

constexpr auto kPoolKeys = std::to_array<std::string_view>({"kernel_size", "stride", "padding"});
template <typename Pool>
nn::LayerSpec parse_pool(const TableReader& layer) {
  Pool pool{parse_size(layer, "kernel_size", 1)};
  pool.stride = parse_size(layer, "stride", 1, pool.stride);
  pool.padding = parse_size(layer, "padding", 0, pool.padding);
  return pool;
}

constexpr auto kAdaptivePoolKeys = std::to_array<std::string_view>({"output_size"});
nn::LayerSpec parse_adaptive_pool(const TableReader& layer) {
  return nn::AdaptiveAvgPool2d{parse_size(layer, "output_size", 1)};
}

constexpr auto kLinearKeys = std::to_array<std::string_view>({"out_features", "bias"});
nn::LayerSpec parse_linear(const TableReader& layer) {
  nn::Linear linear;
  linear.out_features = layer.small_integer("out_features", 1, nn::kMaxChannels);
  linear.bias = layer.boolean("bias", linear.bias);
  return linear;
}

template <typename Layer>
nn::LayerSpec parse_plain(const TableReader& /*layer*/) {
  return Layer{};
}

// A parser to which the input's channels do not matter.
template <nn::LayerSpec (*parse)(const TableReader&)>
nn::LayerSpec alone(const TableReader& layer, const InChannels& /*in_channels*/) {
  return parse(layer);
}

struct Kind {
  std::span<const std::string_view> keys;  // besides `type`
  nn::LayerSpec (*parse)(const TableReader&, const InChannels&);
};

const std::array kKinds = {
    Named<Kind>{nn::recipe_name(nn::Conv2d{}), {kConvKeys, parse_conv}},
    Named<Kind>{nn::recipe_name(nn::BatchNorm2d{}), {kBatchNormKeys, alone<parse_batch_norm>}},
    Named<Kind>{nn::recipe_name(nn::Dropout{}), {kDropoutKeys, alone<parse_dropout>}},
    Named<Kind>{nn::recipe_name(nn::Relu{}), {{}, alone<parse_plain<nn::Relu>>}},
    Named<Kind>{nn::recipe_name(nn::LeakyRelu{}), {kLeakyReluKeys, alone<parse_leaky_relu>}},
    Named<Kind>{nn::recipe_name(nn::PRelu{}), {kPReluKeys, alone<parse_prelu>}},
    Named<Kind>{nn::recipe_name(nn::Silu{}), {{}, alone<parse_plain<nn::Silu>>}},
    Named<Kind>{nn::recipe_name(nn::Add{}), {kAddKeys, alone<parse_add>}},
    Named<Kind>{nn::recipe_name(nn::MaxPool2d{}), {kPoolKeys, alone<parse_pool<nn::MaxPool2d>>}},
    Named<Kind>{nn::recipe_name(nn::AvgPool2d{}), {kPoolKeys, alone<parse_pool<nn::AvgPool2d>>}},
    Named<Kind>{nn::recipe_name(nn::AdaptiveAvgPool2d{}), {kAdaptivePoolKeys, alone<parse_adaptive_pool>}},
    Named<Kind>{nn::recipe_name(nn::Flatten{}), {{}, alone<parse_plain<nn::Flatten>>}},
    Named<Kind>{nn::recipe_name(nn::Linear{}), {kLinearKeys, alone<parse_linear>}},
};
static_assert(kKinds.size() == std::variant_size_v<nn::LayerSpec>);

const Kind& kind_of(const TableReader& layer) {
  return layer.choice("type", kKinds);
}

}  // namespace

std::span<const std::string_view> layer_keys(const TableReader& layer) {
  return kind_of(layer).keys;
}

nn::LayerSpec parse_layer(const TableReader& layer, const InChannels& in_channels) {
  const Kind& kind = kind_of(layer);
  std::vector<std::string_view> keys = {"type"};
  keys.insert(keys.end(), kind.keys.begin(), kind.keys.end());
  layer.allow(keys);
  return kind.parse(layer, in_channels);
}

}  // namespace rung::recipe

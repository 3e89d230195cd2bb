// What a model is, as plain values: the layers of a recipe with PyTorch's names, meanings and defaults. No
// weights.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "kernels/functions.h"

namespace rung::nn {

// These limits keep every size in 64-bit range, and a typing error from asking for terabytes. kMaxSide also
// bounds kernels, strides and paddings.
inline constexpr int kMaxChannels = 65536;
inline constexpr int kMaxSide = 4096;
inline constexpr size_t kMaxLayers = 10'000;
inline constexpr double kMostSlope = 1'000;

// Height and width of a kernel, stride or padding.
struct Size2 {
  int h = 1;
  int w = 1;
  friend bool operator==(const Size2&, const Size2&) = default;
};

std::string to_text(Size2 size);  // "3×5"

// Shape of one image's activations.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;
  friend bool operator==(const Shape&, const Shape&) = default;

  int64_t elements() const { return int64_t{channels} * height * width; }
};

std::string to_text(const Shape& shape);  // "[8, 26, 26]"

// torch.nn.Conv2d: cross-correlation, weight [out_channels, in_channels/groups, kernel h, kernel w].
struct Conv2d {
  int out_channels = 0;
  Size2 kernel_size;
  Size2 stride{1, 1};
  Size2 padding{0, 0};
  int groups = 1;
  bool bias = true;
  friend bool operator==(const Conv2d&, const Conv2d&) = default;

  static constexpr std::string_view kName = "conv2d";
  static constexpr std::string_view kTorchName = "Conv2d";
  static constexpr auto fields() {
    return std::tuple(
        field("out_channels", &Conv2d::out_channels)
            .required()
            .within(1, kMaxChannels)
            .or_word("in_channels")
            .means("`\"in_channels\"`: as many as the input has"),
        field("kernel_size", &Conv2d::kernel_size).required().within(1, kMaxSide).in("pixels").kind(),
        field("stride", &Conv2d::stride).within(1, kMaxSide).in("pixels"),
        field("padding", &Conv2d::padding).within(0, kMaxSide).in("pixels").means("of zeros on each side"),
        field("groups", &Conv2d::groups)
            .within(1, kMaxChannels)
            .or_word("in_channels")
            .means("divides input and output channels; `\"in_channels\"`: one group per input channel"),
        field("bias", &Conv2d::bias));
  }
};

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
};

// torch.nn.GroupNorm over groups of neighbouring channels of each image by itself.
struct GroupNorm {
  int num_groups = 1;
  double eps = 1e-5;
  bool affine = true;
  friend bool operator==(const GroupNorm&, const GroupNorm&) = default;

  static constexpr std::string_view kName = "group_norm";
  static constexpr std::string_view kTorchName = "GroupNorm";
  static constexpr auto fields() {
    return std::tuple(field("num_groups", &GroupNorm::num_groups)
                          .required()
                          .within(1, kMaxChannels)
                          .kind()
                          .means("divides the channels"),
                      field("eps", &GroupNorm::eps).within(NumberRange::left_open(0, 1)),
                      field("affine", &GroupNorm::affine).means("a weight and a bias for each channel"));
  }
};

// torch.nn.Dropout: each element independently, scaled by 1/(1-p) in training, off in evaluation. The
// probability is rounded to 1/65536; the bound keeps that small against the share that is kept.
inline constexpr double kMaxDropout = 0.99;
struct Dropout {
  double p = 0.5;
  friend bool operator==(const Dropout&, const Dropout&) = default;

  static constexpr std::string_view kName = "dropout";
  static constexpr std::string_view kTorchName = "Dropout";
  static constexpr auto fields() {
    return std::tuple(field("p", &Dropout::p)
                          .within(0, kMaxDropout)
                          .in("probability")
                          .kind()
                          .means("each element independently"));
  }
};

// torch.nn.Dropout2d: whole channels of an image instead of elements.
struct Dropout2d {
  double p = 0.5;
  friend bool operator==(const Dropout2d&, const Dropout2d&) = default;

  static constexpr std::string_view kName = "dropout2d";
  static constexpr std::string_view kTorchName = "Dropout2d";
  static constexpr auto fields() {
    return std::tuple(field("p", &Dropout2d::p)
                          .within(0, kMaxDropout)
                          .in("probability")
                          .kind()
                          .means("each channel of each image independently"));
  }
};

struct Relu {
  friend bool operator==(const Relu&, const Relu&) = default;

  static constexpr std::string_view kName = "relu";
  static constexpr std::string_view kTorchName = "ReLU";
  static constexpr auto fields() { return std::tuple(); }
};

// torch.nn.LeakyReLU: x if it is positive, else negative_slope * x.
struct LeakyRelu {
  double negative_slope = 0.01;
  friend bool operator==(const LeakyRelu&, const LeakyRelu&) = default;

  static constexpr std::string_view kName = "leaky_relu";
  static constexpr std::string_view kTorchName = "LeakyReLU";
  static constexpr auto fields() {
    return std::tuple(field("negative_slope", &LeakyRelu::negative_slope).within(-kMostSlope, kMostSlope));
  }
};

// torch.nn.PReLU: a LeakyReLU that learns its slope, one for all channels or one for each (then
// num_parameters is the number of channels).
struct PRelu {
  int num_parameters = 1;
  double init = 0.25;
  friend bool operator==(const PRelu&, const PRelu&) = default;

  static constexpr std::string_view kName = "prelu";
  static constexpr std::string_view kTorchName = "PReLU";
  static constexpr auto fields() {
    return std::tuple(
        field("num_parameters", &PRelu::num_parameters)
            .within(1, kMaxChannels)
            .means("1: one slope for all channels; the number of channels: one each"),
        field("init", &PRelu::init).within(-kMostSlope, kMostSlope).means("the slopes' initial value"));
  }
};

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
  friend constexpr auto words(Approximate) {
    return std::array{Word<Approximate>{"none", Approximate::kNone},
                      Word<Approximate>{"tanh", Approximate::kTanh}};
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

// A layer that is a function of kernels/functions.h.
template <typename Layer>
concept IsFunction = requires(const Layer& layer) {
  layer.function();
};

// A residual connection: the output of an earlier layer of the same shape is added to the input. `from` is
// that layer's index in ModelSpec::layers; below 0 it counts back from this layer: -1 is the one before it.
struct Add {
  int from = 0;
  friend bool operator==(const Add&, const Add&) = default;

  static constexpr std::string_view kName = "add";
  static constexpr std::string_view kTorchName = "Add";
  static constexpr auto fields() {
    constexpr auto kMost = static_cast<double>(kMaxLayers);
    return std::tuple(
        field("from", &Add::from).required().within(-kMost, kMost).means("an earlier layer, see below"));
  }
};

// The fields that both sliding poolings have.
template <typename Pool>
constexpr auto window_fields(std::string_view padding) {
  return std::tuple(
      field("kernel_size", &Pool::kernel_size).required().within(1, kMaxSide).in("pixels").kind(),
      field("stride", &Pool::stride).like(&Pool::kernel_size).within(1, kMaxSide).in("pixels").quiet().kind(),
      field("padding", &Pool::padding).within(0, kMaxSide).in("pixels").quiet().kind().means(padding),
      field("ceil_mode", &Pool::ceil_mode).quiet().kind().means("a last window may reach past the end"));
}

// torch.nn.MaxPool2d and AvgPool2d. A maximum does not see the padding; a mean counts it as zeros, unless
// count_include_pad is false. The padding is at most half of the kernel. With ceil_mode a last window may
// reach past the padded input.
struct MaxPool2d {
  Size2 kernel_size;
  Size2 stride = kernel_size;
  Size2 padding{0, 0};
  bool ceil_mode = false;
  friend bool operator==(const MaxPool2d&, const MaxPool2d&) = default;

  static constexpr std::string_view kName = "max_pool2d";
  static constexpr std::string_view kTorchName = "MaxPool2d";
  static constexpr auto fields() {
    return window_fields<MaxPool2d>("at most half of `kernel_size`; smaller than any value");
  }
};
struct AvgPool2d {
  Size2 kernel_size;
  Size2 stride = kernel_size;
  Size2 padding{0, 0};
  bool ceil_mode = false;
  bool count_include_pad = true;
  friend bool operator==(const AvgPool2d&, const AvgPool2d&) = default;

  static constexpr std::string_view kName = "avg_pool2d";
  static constexpr std::string_view kTorchName = "AvgPool2d";
  static constexpr auto fields() {
    return std::tuple_cat(window_fields<AvgPool2d>("at most half of `kernel_size`; zeros"),
                          std::tuple(field("count_include_pad", &AvgPool2d::count_include_pad)
                                         .quiet()
                                         .kind()
                                         .means("the mean divides by the padding, too")));
  }
};

// torch.nn.AdaptiveAvgPool2d: means over windows that cover the plane, one for each output; with one output
// the mean of the plane.
struct AdaptiveAvgPool2d {
  Size2 output_size{1, 1};
  friend bool operator==(const AdaptiveAvgPool2d&, const AdaptiveAvgPool2d&) = default;

  static constexpr std::string_view kName = "adaptive_avg_pool2d";
  static constexpr std::string_view kTorchName = "AdaptiveAvgPool2d";
  static constexpr auto fields() {
    return std::tuple(field("output_size", &AdaptiveAvgPool2d::output_size)
                          .required()
                          .within(1, kMaxSide)
                          .kind()
                          .means("1 is the mean of each plane"));
  }
};

// torch.nn.Flatten: [C, H, W] to [C*H*W, 1, 1].
struct Flatten {
  friend bool operator==(const Flatten&, const Flatten&) = default;

  static constexpr std::string_view kName = "flatten";
  static constexpr std::string_view kTorchName = "Flatten";
  static constexpr auto fields() { return std::tuple(); }
};

// torch.nn.Linear over C*H*W input features.
struct Linear {
  int out_features = 0;
  bool bias = true;
  friend bool operator==(const Linear&, const Linear&) = default;

  static constexpr std::string_view kName = "linear";
  static constexpr std::string_view kTorchName = "Linear";
  static constexpr auto fields() {
    return std::tuple(field("out_features", &Linear::out_features)
                          .required()
                          .within(1, kMaxChannels)
                          .means("needs `flatten` before it unless its input is 1 × 1"),
                      field("bias", &Linear::bias));
  }
};

using LayerSpec = std::variant<Conv2d, BatchNorm2d, GroupNorm, Dropout, Dropout2d, Relu, LeakyRelu, PRelu,
                               Silu, Gelu, Relu6, Hardswish, Sigmoid, Tanh, Add, MaxPool2d, AvgPool2d,
                               AdaptiveAvgPool2d, Flatten, Linear>;

struct ModelSpec {
  Shape input;
  int classes = 0;
  std::vector<LayerSpec> layers;
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;
};

// The layer's name in a recipe ("conv2d") and in PyTorch ("Conv2d").
std::string_view recipe_name(const LayerSpec& layer);
std::string_view torch_name(const LayerSpec& layer);

// The index of the layer whose output `add` adds if it is layer `index` of a model; below 0 if there is none.
inline int64_t added_layer(const Add& add, size_t index) {
  return add.from < 0 ? static_cast<int64_t>(index) + add.from : add.from;
}

// PyTorch's name with the layer's index ("Conv2d-4"), counted from 0 as in errors, settings and state_dict.
std::string numbered_name(const ModelSpec& model, size_t index);

}  // namespace rung::nn

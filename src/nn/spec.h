// What a model is, as plain values: the layers of a recipe with PyTorch's names, meanings and defaults. No
// weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rung::nn {

// Height and width of a kernel, stride or padding.
struct Size2 {
  int h = 1;
  int w = 1;
  friend bool operator==(const Size2&, const Size2&) = default;
};

// Shape of one image's activations.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;
  friend bool operator==(const Shape&, const Shape&) = default;

  int64_t elements() const { return int64_t{channels} * height * width; }
};

// torch.nn.Conv2d: cross-correlation, weight [out_channels, in_channels/groups, kernel h, kernel w].
struct Conv2d {
  int out_channels = 0;
  Size2 kernel_size;
  Size2 stride{1, 1};
  Size2 padding{0, 0};
  int groups = 1;
  bool bias = true;
  friend bool operator==(const Conv2d&, const Conv2d&) = default;
};

// torch.nn.BatchNorm2d, affine, with running statistics.
struct BatchNorm2d {
  double eps = 1e-5;
  double momentum = 0.1;
  friend bool operator==(const BatchNorm2d&, const BatchNorm2d&) = default;
};

// torch.nn.Dropout: each element independently, scaled by 1/(1-p) in training, off in evaluation. The
// probability is rounded to 1/65536; the bound keeps that small against the share that is kept.
inline constexpr double kMaxDropout = 0.99;
struct Dropout {
  double p = 0.5;
  friend bool operator==(const Dropout&, const Dropout&) = default;
};

struct Relu {
  friend bool operator==(const Relu&, const Relu&) = default;
};

// torch.nn.LeakyReLU: x if it is positive, else negative_slope * x.
struct LeakyRelu {
  double negative_slope = 0.01;
  friend bool operator==(const LeakyRelu&, const LeakyRelu&) = default;
};

// torch.nn.PReLU: a LeakyReLU that learns its slope, one for all channels or one for each (then
// num_parameters is the number of channels).
struct PRelu {
  int num_parameters = 1;
  double init = 0.25;
  friend bool operator==(const PRelu&, const PRelu&) = default;
};

// torch.nn.SiLU: x / (1 + exp(-x)).
struct Silu {
  friend bool operator==(const Silu&, const Silu&) = default;
};

// A residual connection: the output of an earlier layer of the same shape is added to the input. `from` is
// that layer's index in ModelSpec::layers; below 0 it counts back from this layer: -1 is the one before it.
struct Add {
  int from = 0;
  friend bool operator==(const Add&, const Add&) = default;
};

// torch.nn.MaxPool2d and AvgPool2d. A maximum does not see the padding; a mean counts it as zeros. The
// padding is at most half of the kernel.
struct MaxPool2d {
  Size2 kernel_size;
  Size2 stride = kernel_size;
  Size2 padding{0, 0};
  friend bool operator==(const MaxPool2d&, const MaxPool2d&) = default;
};
struct AvgPool2d {
  Size2 kernel_size;
  Size2 stride = kernel_size;
  Size2 padding{0, 0};
  friend bool operator==(const AvgPool2d&, const AvgPool2d&) = default;
};

// torch.nn.AdaptiveAvgPool2d: means over windows that cover the plane, one for each output; with one output
// the mean of the plane.
struct AdaptiveAvgPool2d {
  Size2 output_size{1, 1};
  friend bool operator==(const AdaptiveAvgPool2d&, const AdaptiveAvgPool2d&) = default;
};

// torch.nn.Flatten: [C, H, W] to [C*H*W, 1, 1].
struct Flatten {
  friend bool operator==(const Flatten&, const Flatten&) = default;
};

// torch.nn.Linear over C*H*W input features.
struct Linear {
  int out_features = 0;
  bool bias = true;
  friend bool operator==(const Linear&, const Linear&) = default;
};

using LayerSpec = std::variant<Conv2d, BatchNorm2d, Dropout, Relu, LeakyRelu, PRelu, Silu, Add, MaxPool2d,
                               AvgPool2d, AdaptiveAvgPool2d, Flatten, Linear>;

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

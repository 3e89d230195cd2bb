// Follows one image through the layers. Every size is checked against infer.h's limits before it is
// multiplied, so every product here fits in 64 bits: the largest, a convolution's weight, is 2^16 * 2^16 *
// 2^12 * 2^12.
#include "nn/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "kernels/window.h"
#include "nn/receptive_field.h"

namespace rung::nn {
namespace {

std::string words_for(const NumberRange& range) {
  using End = NumberRange::End;
  const bool is_closed = range.low_end == End::kClosed && range.high_end == End::kClosed;
  return is_closed ? fmt::format("between {} and {}", range.low, range.high) : range.describe();
}

Size2 plane(const Shape& shape) {
  return {shape.height, shape.width};
}

// One layer: its info, from its specification and the info of the earlier layers.
class LayerInference {
 public:
  LayerInference(const ModelSpec& model, std::span<const LayerInfo> earlier)
      : index_(earlier.size()), layer_(model.layers[index_]), earlier_(earlier), image_(plane(model.input)) {
    info_.input = earlier.empty() ? model.input : earlier.back().output;
    if (!earlier.empty()) info_.jump = earlier.back().jump;
  }

  LayerInfo run() {
    info_.output = info_.input;
    std::visit(
        [this](const auto& layer) {
          check_fields(layer);
          apply(layer);
        },
        layer_);
    check_output();
    info_.activation_bytes = info_.output.elements() * static_cast<int64_t>(sizeof(float));
    return info_;
  }

 private:
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const {
    throw ShapeError(index_, fmt::format("layer {} ({}): {}", index_, recipe_name(layer_), message), hint);
  }

  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void check(std::string_view name, const NumberRange& range, Number value) const {
    if (!range.contains(value)) fail(fmt::format("{} must be {}, not {}", name, words_for(range), value));
  }
  void check(std::string_view name, const NumberRange& range, Size2 size) const {
    check(name, range, size.h);
    check(name, range, size.w);
  }
  void check(std::string_view /*name*/, const NumberRange& /*range*/, bool /*value*/) const {}
  template <typename Enumeration>
  requires std::is_enum_v<Enumeration>
  void check(std::string_view /*name*/, const NumberRange& /*range*/, Enumeration /*value*/) const {}

  template <typename Layer>
  void check_fields(const Layer& layer) const {
    for_each_field<Layer>([&](const auto& field) { check(field.name, field.range, layer.*field.member); });
  }

  void apply(const Conv2d& conv) {
    const int in_channels = info_.input.channels;
    if (in_channels % conv.groups != 0 || conv.out_channels % conv.groups != 0)
      fail(fmt::format("{} groups do not divide {} input and {} output channels", conv.groups, in_channels,
                       conv.out_channels));
    slide(conv.kernel_size, conv.stride, conv.padding);
    info_.output.channels = conv.out_channels;
    const int64_t inputs = int64_t{in_channels / conv.groups} * conv.kernel_size.h * conv.kernel_size.w;
    set_weights(inputs, conv.out_channels, conv.bias);
  }

  void apply(const BatchNorm2d&) { info_.params = 2 * int64_t{info_.input.channels}; }

  void apply(const GroupNorm& norm) {
    if (info_.input.channels % norm.num_groups != 0)
      fail(fmt::format("num_groups = {} does not divide its {} channels", norm.num_groups,
                       info_.input.channels));
    if (norm.affine) info_.params = 2 * int64_t{info_.input.channels};
  }

  void apply(const Dropout&) {}
  void apply(const Dropout2d&) {}
  void apply(const Relu&) {}
  void apply(const LeakyRelu&) {}
  template <IsFunction Layer>
  void apply(const Layer&) {}

  void apply(const PRelu& relu) {
    const int channels = info_.input.channels;
    if (relu.num_parameters != 1 && relu.num_parameters != channels)
      fail(fmt::format("num_parameters must be 1 or its {} channels, not {}", channels, relu.num_parameters));
    info_.params = relu.num_parameters;
  }

  void apply(const Add& add) {
    const int64_t from = added_layer(add, index_);
    if (from < 0 || from >= static_cast<int64_t>(index_))
      fail(fmt::format("from = {} is not a layer before it", add.from),
           "count the layers from 0, or with numbers below 0 back from this one");
    const LayerInfo& added = earlier_[static_cast<size_t>(from)];
    if (added.output != info_.input)
      fail(fmt::format("layer {}'s output {} cannot be added to its input {}", from, to_text(added.output),
                       to_text(info_.input)));
    info_.jump = {std::max(info_.jump.h, added.jump.h), std::max(info_.jump.w, added.jump.w)};
  }

  void apply(const MaxPool2d& pool) { apply_pool(pool); }
  void apply(const AvgPool2d& pool) { apply_pool(pool); }

  template <typename Pool>
  void apply_pool(const Pool& pool) {
    const Size2 kernel = pool.kernel_size;
    if (2 * int64_t{pool.padding.h} > kernel.h || 2 * int64_t{pool.padding.w} > kernel.w)
      fail(fmt::format("padding must be at most half of its {} kernel, not {}", to_text(kernel),
                       to_text(pool.padding)));
    slide(kernel, pool.stride, pool.padding, pool.ceil_mode);
  }

  void apply(const AdaptiveAvgPool2d& pool) {
    info_.output = {info_.input.channels, pool.output_size.h, pool.output_size.w};
    const auto jump = [](int before, int inputs, int outputs, int side) {
      if (outputs == 1) return side;
      return static_cast<int>(std::min<int64_t>(int64_t{before} * ((inputs + outputs - 1) / outputs), side));
    };
    info_.jump = {jump(info_.jump.h, info_.input.height, info_.output.height, image_.h),
                  jump(info_.jump.w, info_.input.width, info_.output.width, image_.w)};
  }

  void apply(const Flatten&) {
    const int64_t features = info_.input.elements();
    if (features > kMaxChannels)
      fail(fmt::format("{} has {} elements, more than the {} features a layer may have", to_text(info_.input),
                       features, kMaxChannels));
    info_.output = {static_cast<int>(features), 1, 1};
  }

  void apply(const Linear& linear) {
    if (plane(info_.input) != Size2{1, 1})
      fail(fmt::format("its input {} is not a list of features", to_text(info_.input)),
           "put a `flatten` layer before it");
    info_.output = {linear.out_features, 1, 1};
    set_weights(info_.input.channels, linear.out_features, linear.bias);
    info_.jump = image_;
  }

  // Every output element is a dot product over `inputs` values with its channel's weights.
  void set_weights(int64_t inputs, int64_t outputs, bool bias) {
    info_.params = outputs * inputs + (bias ? outputs : 0);
    if (info_.params > kMaxParams)
      fail(fmt::format("its {} parameters are more than the {} that a model may have", info_.params,
                       kMaxParams));
    info_.macs = outputs * inputs * info_.output.height * info_.output.width;
  }

  void slide(Size2 kernel, Size2 stride, Size2 padding, bool ceil_mode = false) {
    const Size2 input = plane(info_.input);
    const Size2 padded{input.h + 2 * padding.h, input.w + 2 * padding.w};
    if (kernel.h > padded.h || kernel.w > padded.w)
      fail(fmt::format("the {} kernel is larger than its {} input{}", to_text(kernel), to_text(input),
                       padded == input ? "" : fmt::format(" padded to {}", to_text(padded))));
    info_.output.height = kernels::count_windows(input.h, kernel.h, stride.h, padding.h, ceil_mode);
    info_.output.width = kernels::count_windows(input.w, kernel.w, stride.w, padding.w, ceil_mode);
    // Clipped at the image's side, which keeps it in range.
    info_.jump.h = static_cast<int>(std::min<int64_t>(int64_t{info_.jump.h} * stride.h, image_.h));
    info_.jump.w = static_cast<int>(std::min<int64_t>(int64_t{info_.jump.w} * stride.w, image_.w));
  }

  void check_output() const {
    if (std::max(info_.output.height, info_.output.width) > kMaxSide)
      fail(fmt::format("its output {} is larger than {} on a side", to_text(info_.output), kMaxSide));
    if (info_.output.elements() > kMaxActivationsPerImage)
      fail(fmt::format("its output {} has more than {} elements", to_text(info_.output),
                       kMaxActivationsPerImage));
  }

  size_t index_;
  const LayerSpec& layer_;
  std::span<const LayerInfo> earlier_;
  Size2 image_;
  LayerInfo info_;
};

void check_whole(const ModelSpec& model) {
  const auto fail = [&](const std::string& message) { throw ShapeError(model.layers.size(), message); };
  const auto [channels, height, width] = model.input;
  if (channels < 1 || channels > kMaxChannels || std::min(height, width) < 1 ||
      std::max(height, width) > kMaxSide || model.input.elements() > kMaxActivationsPerImage)
    fail(fmt::format(
        "the model's input {} is not a shape of at most {} channels, {}×{} pixels and {} elements",
        to_text(model.input), kMaxChannels, kMaxSide, kMaxSide, kMaxActivationsPerImage));
  if (model.classes < 1 || model.classes > kMaxClasses)
    fail(fmt::format("classes must be between 1 and {}, not {}", kMaxClasses, model.classes));
  if (model.layers.empty()) fail("the model has no layers");
}

void check_end(const ModelSpec& model, const Shape& output) {
  const Shape wanted{model.classes, 1, 1};
  if (output == wanted) return;
  throw ShapeError(model.layers.size(), fmt::format("the model ends in {}, but {} classes need {}",
                                                    to_text(output), model.classes, to_text(wanted)));
}

}  // namespace

LayerInfo infer_layer(const ModelSpec& model, std::span<const LayerInfo> earlier) {
  return LayerInference(model, earlier).run();
}

ModelInfo infer(const ModelSpec& model) {
  check_whole(model);
  ModelInfo info;
  for (size_t index = 0; index < model.layers.size(); ++index) {
    const LayerInfo& layer = info.layers.emplace_back(infer_layer(model, info.layers));
    info.params += layer.params;
    info.macs += layer.macs;  // at most kMaxParams * kMaxSide^2 = 2^52 in all
    info.activation_bytes += layer.activation_bytes;
    if (info.params > kMaxParams)
      throw ShapeError(index, fmt::format("layer {} ({}): the model's {} parameters so far are more than {}",
                                          index, recipe_name(model.layers[index]), info.params, kMaxParams));
  }
  check_end(model, info.layers.back().output);
  find_receptive_fields(model, info);
  return info;
}

}  // namespace rung::nn

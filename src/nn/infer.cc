// Follows one image through the layers. Every size is checked against infer.h's limits before it is
// multiplied, so every product here fits in 64 bits: the largest, a convolution's weight, is 2^16 * 2^16 *
// 2^12 * 2^12.
#include "nn/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "nn/receptive_field.h"

namespace rung::nn {
namespace {

std::string words_for(const NumberRange& range) {
  using End = NumberRange::End;
  const bool is_closed = range.low_end == End::kClosed && range.high_end == End::kClosed;
  return is_closed ? fmt::format("between {} and {}", range.low, range.high) : range.describe();
}

// One layer: its info, from its specification and the info of the earlier layers.
class LayerInference {
 public:
  LayerInference(const ModelSpec& model, std::span<const LayerInfo> earlier)
      : place_{earlier, plane(model.input)}, layer_(model.layers[place_.index()]) {
    info_.input = earlier.empty() ? model.input : earlier.back().output;
    if (!earlier.empty()) info_.jump = earlier.back().jump;
  }

  LayerInfo run() {
    info_.output = info_.input;
    std::visit(
        [this](const auto& layer) {
          check_fields(layer);
          if constexpr (requires { layer.infer(place_, info_); }) apply(layer);
        },
        layer_);
    check_output();
    info_.activation_bytes = info_.output.elements() * static_cast<int64_t>(sizeof(float));
    return info_;
  }

 private:
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const {
    const size_t index = place_.index();
    throw ShapeError(index, fmt::format("layer {} ({}): {}", index, recipe_name(layer_), message), hint);
  }

  template <typename Layer>
  void apply(const Layer& layer) {
    try {
      layer.infer(place_, info_);
    } catch (const UnfitLayer& unfit) {
      fail(unfit.message, unfit.hint);
    }
  }

  template <typename Layer>
  void check_fields(const Layer& layer) const {
    for_each_field<Layer>([&](const auto& field) {
      for_each_number(layer.*field.member, [&](auto number) {
        if (!field.range.contains(number))
          fail(fmt::format("{} must be {}, not {}", field.name, words_for(field.range), number));
      });
    });
  }

  void check_output() const {
    if (std::max(info_.output.height, info_.output.width) > kMaxSide)
      fail(fmt::format("its output {} is larger than {} on a side", to_text(info_.output), kMaxSide));
    if (info_.output.elements() > kMaxActivationsPerImage)
      fail(fmt::format("its output {} has more than {} elements", to_text(info_.output),
                       kMaxActivationsPerImage));
  }

  LayerPlace place_;
  const LayerSpec& layer_;
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

std::optional<size_t> norm_without_variance(const ModelSpec& model, int images, int batch_size) {
  if (batch_size > 1 && images % batch_size != 1) return std::nullopt;
  const ModelInfo info = infer(model);
  for (size_t layer = 0; layer < info.layers.size(); ++layer) {
    const Shape& output = info.layers[layer].output;
    if (std::holds_alternative<BatchNorm2d>(model.layers[layer]) && output.height * output.width == 1)
      return layer;
  }
  return std::nullopt;
}

}  // namespace rung::nn

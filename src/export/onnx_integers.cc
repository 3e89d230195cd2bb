#include "export/onnx_integers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "export/onnx_activations.h"

namespace rung::exports {
namespace {

using quantise::AveragePool;
using quantise::Convolution;
using quantise::Lookup;
using quantise::MaxPool;
using quantise::Node;
using quantise::Quantisation;
using quantise::Requantisation;
using quantise::Slide;
using quantise::Slopes;
using quantise::Sum;

using Ints = std::vector<int64_t>;

// A sum's channels: products of `weight` with what the integers stand for.
struct Products {
  Slide slide;
  int groups = 1;
  Ints shape;  // of the weights, [out channels, in channels / groups, kernel h, kernel w]
  std::vector<int8_t> weight;
  std::vector<int32_t> bias;     // [out channels]
  std::vector<uint8_t> padding;  // the input that stands for 0; of all channels, or of each
  std::optional<Requantisation> requantisation;
};

// Taps [out][H][W][C] in the order [out][C][H][W].
std::vector<int8_t> channels_first(const std::vector<int8_t>& weight, size_t outputs, size_t channels) {
  const size_t places = weight.size() / (outputs * channels);
  std::vector<int8_t> result(weight.size());
  for (size_t k = 0; k < outputs; ++k) {
    for (size_t c = 0; c < channels; ++c) {
      for (size_t p = 0; p < places; ++p)
        result[(k * channels + c) * places + p] = weight[(k * places + p) * channels + c];
    }
  }
  return result;
}

class Writer {
 public:
  Writer(const nn::ModelSpec& model, const quantise::IntegerModel& integers, IntegerForm form,
         OnnxBuilder& onnx)
      : model_(model), integers_(integers), form_(form), onnx_(onnx) {}

  std::string write(const std::string& pixels) {
    values_.push_back(pixels);
    for (size_t at = 1; at < integers_.nodes.size(); ++at) {
      node_ = &integers_.nodes[at];
      onnx_.set_scope(nn::numbered_name(model_, node_->layer));
      values_.push_back(
          std::visit([this](const auto& operation) { return add(operation); }, node_->operation));
    }
    std::string logits = values_.back();
    if (!quantise::gives_sums(node_->operation)) logits = dequantised(logits, node_->quantisation);
    return onnx_.add("Flatten", {logits}, {{"axis", 1}});
  }

 private:
  const std::string& input(size_t i = 0) const { return values_[node_->inputs[i]]; }
  const Quantisation& quantisation_of_input(size_t i = 0) const {
    return integers_.nodes[node_->inputs[i]].quantisation;
  }

  std::string scalar(double value) { return onnx_.constant({}, std::vector{static_cast<float>(value)}); }
  std::string zero_point(double zero) {
    return onnx_.constant({}, std::vector{static_cast<uint8_t>(std::lround(zero))});
  }
  std::string quantised(const std::string& x, const Quantisation& q) {
    return onnx_.add("QuantizeLinear", {x, scalar(q.scale), zero_point(q.zero)});
  }
  std::string dequantised(const std::string& x, const Quantisation& q) {
    const Quantisation nearest = with_byte_as_zero(q);
    const std::string y = onnx_.add("DequantizeLinear", {x, scalar(q.scale), zero_point(nearest.zero)});
    return q.zero == nearest.zero ? y : onnx_.add_with("Add", y, (nearest.zero - q.zero) * q.scale);
  }
  // (Only the image's zero is not one.)
  static Quantisation with_byte_as_zero(const Quantisation& q) {
    return {q.scale, std::clamp(std::round(q.zero), 0.0, double{quantise::kLargest})};
  }
  // A constant with a scale for each of its first axis, and zeros if they are to be written out.
  template <typename... Zeros>
  std::string dequantised_constant(const std::string& x, const std::vector<float>& scale,
                                   const Zeros&... zeros) {
    const Ints shape{std::ssize(scale)};
    return onnx_.add("DequantizeLinear", {x, onnx_.constant(shape, scale), onnx_.constant(shape, zeros)...},
                     {{"axis", 0}});
  }
  // With --form qlinear the zeros are written out: with session.x64quantprecision ONNX Runtime fails if they
  // are not. Elsewhere they are not, or OpenCV 5 would compute what follows as after a QLinearConv.
  std::string dequantised_weight(const std::string& x, const std::vector<float>& scale) {
    return form_ == IntegerForm::kQlinear ? dequantised_constant(x, scale, std::vector<int8_t>(scale.size()))
                                          : dequantised_constant(x, scale);
  }

  static std::vector<OnnxAttribute> attributes(const Slide& slide) {
    return {{"kernel_shape", Ints{slide.kernel.h, slide.kernel.w}},
            {"strides", Ints{slide.stride.h, slide.stride.w}},
            {"pads", Ints{slide.before.h, slide.before.w, slide.after.h, slide.after.w}}};
  }

  static std::vector<OnnxAttribute> attributes(const Products& p) {
    std::vector<OnnxAttribute> result = attributes(p.slide);
    result.push_back({"dilations", Ints{p.slide.dilation.h, p.slide.dilation.w}});
    result.push_back({"group", p.groups});
    return result;
  }

  std::string add(const quantise::Image& /*image*/) { return values_.front(); }

  std::string add(const Convolution& c) {
    const auto outputs = static_cast<size_t>(node_->output.channels);
    const int group_inputs = integers_.input_of(*node_).channels / c.groups;
    return sums({c.slide,
                 c.groups,
                 {node_->output.channels, group_inputs, c.slide.kernel.h, c.slide.kernel.w},
                 channels_first(c.weight, outputs, static_cast<size_t>(group_inputs)),
                 c.bias,
                 c.padding,
                 c.requantisation});
  }

  // A convolution of each channel with ones.
  std::string add(const AveragePool& pool) {
    const int channels = node_->output.channels;
    const auto outputs = static_cast<size_t>(channels);
    const nn::Size2 kernel = pool.slide.kernel;
    return sums({pool.slide,
                 channels,
                 {channels, 1, kernel.h, kernel.w},
                 std::vector<int8_t>(outputs * static_cast<size_t>(kernel.h * kernel.w), 1),
                 std::vector<int32_t>(outputs, pool.bias),
                 {pool.padding},
                 pool.requantisation});
  }

  std::string sums(Products p) {
    // ONNX subtracts the input's zero from it, where our bias has that in it.
    const size_t taps = p.weight.size() / p.bias.size();
    for (size_t at = 0; at < p.weight.size(); ++at)
      p.bias[at / taps] += p.padding[p.padding.size() == 1 ? 0 : channel_at(p, at)] * p.weight[at];
    const bool has_one_zero = p.padding.size() == 1;
    const Quantisation in{quantisation_of_input().scale,
                          has_one_zero ? static_cast<double>(p.padding[0]) : 0};
    const std::vector<float> scales = weight_scales(p, in);
    const std::string weight =
        onnx_.named_constant(fmt::format("{}.weight", node_->layer), p.shape, p.weight);
    const std::string bias =
        onnx_.named_constant(fmt::format("{}.bias", node_->layer), {std::ssize(p.bias)}, p.bias);
    const std::vector<OnnxAttribute> slide = attributes(p);
    // (Logits are float32 in both forms: OpenCV has no ConvInteger.)
    if (form_ == IntegerForm::kQlinear && p.requantisation && has_one_zero) {
      const auto zeros = onnx_.constant({std::ssize(scales)}, std::vector<int8_t>(scales.size()));
      return onnx_.add("QLinearConv",
                       {input(), scalar(in.scale), zero_point(in.zero), weight,
                        onnx_.constant({std::ssize(scales)}, scales), zeros,
                        scalar(node_->quantisation.scale), zero_point(node_->quantisation.zero), bias},
                       slide);
    }
    std::vector<float> sum_scales = scales;
    for (float& scale : sum_scales) scale *= static_cast<float>(in.scale);
    std::string x = dequantised(input(), in);
    if (!has_one_zero) x = onnx_.add_with("Sub", x, zeros_of(p, in.scale));
    const std::string y = onnx_.add(
        "Conv", {x, dequantised_weight(weight, scales), dequantised_constant(bias, sum_scales)}, slide);
    return p.requantisation ? quantised(y, node_->quantisation) : y;
  }

  static size_t channel_at(const Products& p, size_t at) {
    return quantise::input_channel_of(at, p.bias.size(), static_cast<size_t>(p.groups),
                                      static_cast<size_t>(p.shape[1]),
                                      static_cast<size_t>(p.shape[2] * p.shape[3]));
  }
  // What the zeros of the channels are worth.
  static std::vector<float> zeros_of(const Products& p, double scale) {
    std::vector<float> zeros;
    for (const uint8_t padding : p.padding) zeros.push_back(static_cast<float>(padding * scale));
    return zeros;
  }

  // What a weight of 1 is worth, by output channel.
  std::vector<float> weight_scales(const Products& p, const Quantisation& in) const {
    const auto outputs = p.bias.size();
    if (!p.requantisation)
      return std::vector(outputs, static_cast<float>(node_->quantisation.scale / in.scale));
    std::vector<float> scales;
    for (size_t k = 0; k < outputs; ++k) {
      const double factor = std::ldexp(p.requantisation->of_channel(k), -p.requantisation->shift);
      scales.push_back(static_cast<float>(factor * node_->quantisation.scale / in.scale));
    }
    return scales;
  }

  std::string add(const MaxPool& pool) {
    if (form_ == IntegerForm::kQlinear) return onnx_.add("MaxPool", {input()}, attributes(pool.slide));
    const Quantisation q = with_byte_as_zero(node_->quantisation);
    return quantised(onnx_.add("MaxPool", {dequantised(input(), q)}, attributes(pool.slide)), q);
  }

  std::string add(const Sum& /*sum*/) {
    return quantised(onnx_.add("Add", {dequantised(input(0), quantisation_of_input(0)),
                                       dequantised(input(1), quantisation_of_input(1))}),
                     node_->quantisation);
  }

  // Not Gather from the table: OpenCV 4.14 gives its output one more axis.
  std::string add(const Lookup& lookup) {
    const std::string x = dequantised(input(), quantisation_of_input());
    return quantised(add_activation(onnx_, lookup.function, x), node_->quantisation);
  }

  std::string add(const Slopes& slopes) {
    std::vector<float> slope;
    for (size_t c = 0; c < static_cast<size_t>(node_->output.channels); ++c)
      slope.push_back(static_cast<float>(slopes.negative.of_channel(c)) /
                      static_cast<float>(slopes.positive));
    const std::string weight =
        onnx_.named_constant(fmt::format("{}.weight", node_->layer), {std::ssize(slope), 1, 1}, slope);
    return quantised(onnx_.add("PRelu", {dequantised(input(), quantisation_of_input()), weight}),
                     node_->quantisation);
  }

  const nn::ModelSpec& model_;
  const quantise::IntegerModel& integers_;
  IntegerForm form_;
  OnnxBuilder& onnx_;
  std::vector<std::string> values_;  // of each node so far
  const Node* node_ = nullptr;
};

}  // namespace

std::string add_integer_operators(OnnxBuilder& onnx, const nn::ModelSpec& model,
                                  const quantise::IntegerModel& integers, IntegerForm form,
                                  const std::string& pixels) {
  return Writer(model, integers, form, onnx).write(pixels);
}

}  // namespace rung::exports

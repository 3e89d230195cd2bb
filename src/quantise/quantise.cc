#include "quantise/quantise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/aligned_buffer.h"
#include "kernels/activation.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "quantise/weight_rounding.h"

namespace rung::quantise {
namespace {

namespace graph = nn::graph;

// A multiplier's bits, but for the sign.
constexpr int kMultiplierBits = 31;

// Zero is among the values, so that padding and relu are exact.
Quantisation quantisation_of(Range range) {
  const double least = std::min(range.least, 0.0);
  const double most = std::max(range.most, 0.0);
  if (most <= least) return {.scale = 1.0 / kLargest};
  const double scale = (most - least) / kLargest;
  return {scale, std::round(-least / scale)};
}

uint8_t nearest(const Quantisation& quantisation, double value) {
  const double q = std::round(value / quantisation.scale + quantisation.zero);
  return static_cast<uint8_t>(std::clamp(q, 0.0, double{kLargest}));
}

uint8_t padding_of(const Quantisation& quantisation) {
  return nearest(quantisation, 0);
}

// The shift that gives the largest of the factors as many bits as a multiplier has; none if it is too large.
std::optional<int> shift_for(std::span<const double> factors) {
  double largest = 0;
  for (const double factor : factors) largest = std::max(largest, std::abs(factor));
  int exponent = 0;
  const double fraction = std::frexp(largest, &exponent);  // fraction in [0.5, 1)
  int shift = kMultiplierBits - exponent;
  if (std::round(std::ldexp(fraction, kMultiplierBits)) > double{INT32_MAX}) --shift;
  if (shift < kLeastShift) return std::nullopt;
  return std::min(shift, kMostShift);
}

int32_t multiplier_for(double factor, int shift) {
  return static_cast<int32_t>(std::llround(std::ldexp(factor, shift)));
}

// f(x) of every value, by the kernel.
std::vector<double> values_of(kernels::Function function, const std::vector<double>& x) {
  const size_t rows = (x.size() + kernels::kLanes - 1) / kernels::kLanes;
  AlignedBuffer<float> in(rows * kernels::kLanes);
  AlignedBuffer<float> out(in.size());
  std::ranges::transform(x, in.data(), [](double value) { return static_cast<float>(value); });
  const float scale = 1;
  const float shift = 0;
  const kernels::ActivationShape shape{.height = static_cast<int>(rows), .function = function};
  kernels::activation_forward(shape, {in.data(), &scale, &shift}, nullptr, out.data());
  return {out.data(), out.data() + x.size()};
}

// Taps [out][C][H][W] in the order [out][H][W][C].
template <typename T>
std::vector<T> channels_last(const std::vector<T>& weight, size_t outputs, size_t channels, size_t places) {
  std::vector<T> result(weight.size());
  for (size_t k = 0; k < outputs; ++k) {
    for (size_t c = 0; c < channels; ++c) {
      for (size_t p = 0; p < places; ++p)
        result[(k * places + p) * channels + c] = weight[(k * channels + c) * places + p];
    }
  }
  return result;
}

class Builder {
 public:
  Builder(const graph::Graph& from, const nn::ModelSpec& model, std::span<const Range> ranges,
          const Options& options)
      : graph_(from), spec_(model), ranges_(ranges), options_(options), readers_(graph::count_readers(from)) {
    result_.classes = model.classes;
    // (Where channels differ, the convolution behind the image says it.)
    result_.nodes.push_back(
        {Image{},
         {},
         model.input,
         {1 / (kLargest * options.std.of_channel(0)), kLargest * options.mean.of_channel(0)}});
    place_.assign(from.nodes.size(), kNowhere);
    place_[0] = 0;
  }

  IntegerModel build() && {
    for (at_ = 1; at_ < graph_.nodes.size(); ++at_) {
      if (place_[at_] == kNowhere)
        std::visit([this](const auto& operation) { add(operation); }, node().operation);
    }
    if (result_.nodes.back().output != graph_.nodes.back().output) refuse("needs a linear layer after it");
    return std::move(result_);
  }

 private:
  static constexpr size_t kNowhere = SIZE_MAX;

  const graph::Node& node() const { return graph_.nodes[at_]; }
  // Nothing follows but a flattening.
  bool is_last() const {
    return std::all_of(
        graph_.nodes.begin() + static_cast<std::ptrdiff_t>(at_) + 1, graph_.nodes.end(),
        [](const graph::Node& node) { return std::holds_alternative<graph::Flatten>(node.operation); });
  }
  const Node& input(size_t i = 0) const { return result_.nodes[place_[node().inputs[i]]]; }
  bool input_is_image() const { return place_[node().inputs[0]] == 0; }
  bool channels_differ() const {
    return options_.mean.values().size() > 1 || options_.std.values().size() > 1;
  }
  // The input's zero in a channel.
  double zero_of(size_t channel) const {
    return input_is_image() ? kLargest * options_.mean.of_channel(channel) : input().quantisation.zero;
  }
  void require_one_normalisation() const {
    const bool reads_image =
        std::ranges::any_of(node().inputs, [&](size_t from) { return place_[from] == 0; });
    if (reads_image && channels_differ())
      refuse("comes before the first convolution, and the channels of the images are normalised differently",
             "one mean and one std for all channels have an integer form");
  }
  bool input_is_flattened() const { return input().output != graph_.input_of(node()); }

  [[noreturn]] void refuse(const std::string& why, const std::string& hint = "") const {
    throw Unquantisable(
        fmt::format("layer {} ({}) {}", node().layer, recipe_name(spec_.layers[node().layer]), why), hint);
  }

  // The node that gives what this one does after the relus that only it feeds; they become part of it,
  // because activations are never below the quantised 0.
  size_t joined_relus() {
    size_t last = at_;
    while (last + 1 < graph_.nodes.size() && readers_[last] == 1) {
      const graph::Node& next = graph_.nodes[last + 1];
      const auto* function = std::get_if<graph::Function>(&next.operation);
      const bool is_relu = std::holds_alternative<graph::Relu>(next.operation) ||
                           (function != nullptr && function->function == kernels::Function::kRelu6);
      if (!is_relu || next.inputs != std::vector{last}) break;
      ++last;
    }
    return last;
  }

  // Adds a node for this one and those up to `last`.
  void give(Operation operation, nn::Shape output, Quantisation quantisation, size_t last) {
    std::vector<size_t> inputs;
    for (const size_t from : node().inputs) inputs.push_back(place_[from]);
    result_.nodes.push_back({std::move(operation), std::move(inputs), output, quantisation, node().layer});
    std::fill(place_.begin() + static_cast<std::ptrdiff_t>(at_),
              place_.begin() + static_cast<std::ptrdiff_t>(last) + 1, result_.nodes.size() - 1);
  }
  void give(Operation operation, Quantisation quantisation) {
    give(std::move(operation), input().output, quantisation, at_);
  }

  // From sums whose unit, by channel, is worth `units`.
  Requantisation requantisation(std::vector<double> units, const Quantisation& output) const {
    for (double& unit : units) unit /= output.scale;
    const auto shift = shift_for(units);
    if (!shift) refuse("has weights that are too large for its output");
    Requantisation result{{}, *shift, static_cast<int>(output.zero)};
    for (const double unit : units) result.multiplier.push_back(multiplier_for(unit, *shift));
    return result;
  }

  void add(const graph::Input& /*input*/) {}

  // A flattened plane's linear layer is a convolution with a kernel of the plane's size.
  void add(const graph::Convolution& c) {
    kernels::ConvShape shape = c.shape;
    if (input_is_flattened()) {
      if (shape.groups != 1 || shape.kernel_h * shape.kernel_w != 1 || shape.pad_h + shape.pad_w != 0)
        refuse("follows a flattened plane, and is more than a linear layer");
      const nn::Shape& plane = input().output;
      shape = {plane.channels, plane.height, plane.width, c.shape.out_channels, plane.height, plane.width};
    }
    add_convolution(shape, c.weight, c.bias);
  }

  void add(const graph::BatchNorm& norm) {
    if (input_is_flattened()) refuse("follows a flattened plane");
    const graph::Scale scale = graph::scale_of(norm);
    const nn::Shape& in = input().output;
    add_convolution({.in_channels = in.channels,
                     .in_height = in.height,
                     .in_width = in.width,
                     .out_channels = in.channels,
                     .groups = in.channels},
                    {scale.scale.begin(), scale.scale.end()}, {scale.shift.begin(), scale.shift.end()});
  }

  // What an integer weight is worth, by output channel: as little as the largest weight allows, unless the
  // bias, in the same unit times the input's, needs more. All the same if the sums are logits, which are
  // compared.
  std::vector<double> weight_units(const std::vector<float>& weight, const std::vector<float>& bias) const {
    constexpr double kLargestBias = 1 << 29;
    const size_t taps = weight.size() / bias.size();
    std::vector<double> units;
    for (size_t k = 0; k < bias.size(); ++k) {
      const auto weights = is_last() ? std::span(weight) : std::span(weight).subspan(k * taps, taps);
      units.push_back(std::max(grid_step(weights, options_.weight_bits),
                               std::abs(double{bias[k]}) / (input().quantisation.scale * kLargestBias)));
      if (units.back() == 0) units.back() = 1;
    }
    if (is_last()) std::ranges::fill(units, *std::ranges::max_element(units));
    return units;
  }

  // The weights of an image's channels whose std is another, as if it were that of the first.
  std::vector<float> of_one_std(const kernels::ConvShape& shape, std::vector<float> weight) const {
    if (!input_is_image() || options_.std.values().size() == 1) return weight;
    for (size_t at = 0; at < weight.size(); ++at)
      weight[at] *=
          static_cast<float>(options_.std.of_channel(0) / options_.std.of_channel(channel_at(shape, at)));
    return weight;
  }
  static size_t channel_at(const kernels::ConvShape& shape, size_t at) {
    return input_channel_of(at, static_cast<size_t>(shape.out_channels), static_cast<size_t>(shape.groups),
                            static_cast<size_t>(shape.group_inputs()),
                            static_cast<size_t>(shape.kernel_h) * static_cast<size_t>(shape.kernel_w));
  }

  std::vector<uint8_t> padding_around(const kernels::ConvShape& shape) const {
    const Quantisation& in = input().quantisation;
    if (shape.pad_h + shape.pad_w == 0 || !input_is_image()) return {padding_of(in)};
    std::vector<uint8_t> padding;
    for (size_t channel = 0; channel < static_cast<size_t>(shape.in_channels); ++channel) {
      const double zero = zero_of(channel);
      if (zero < 0 || zero > kLargest)
        refuse("pads with a value that no pixel has", "the mean of the pixels must be between 0 and 1");
      padding.push_back(padding_of({in.scale, zero}));
    }
    if (std::ranges::count(padding, padding[0]) == std::ssize(padding)) padding.resize(1);
    return padding;
  }

  void add_convolution(const kernels::ConvShape& shape, const std::vector<float>& trained,
                       const std::vector<float>& bias) {
    const Quantisation& in = input().quantisation;
    const std::vector<float> weight = of_one_std(shape, trained);
    const auto outputs = static_cast<size_t>(shape.out_channels);
    const auto taps = static_cast<size_t>(shape.taps());
    Convolution result;
    result.slide = {.kernel = {shape.kernel_h, shape.kernel_w},
                    .stride = {shape.stride_h, shape.stride_w},
                    .dilation = {shape.dilation_h, shape.dilation_w},
                    .before = {shape.pad_h, shape.pad_w},
                    .after = {shape.pad_h, shape.pad_w}};
    result.groups = shape.groups;
    result.padding = padding_around(shape);
    result.weight_bits = options_.weight_bits;
    std::vector<double> units = weight_units(weight, bias);
    for (size_t k = 0; k < outputs; ++k) {
      std::vector<double> sums(input_is_image() && channels_differ() ? static_cast<size_t>(shape.in_channels)
                                                                     : 1);
      for (size_t at = k * taps; at < (k + 1) * taps; ++at) {
        const int q = rounded_weight(weight[at], units[k], options_.weight_bits);
        result.weight.push_back(static_cast<int8_t>(q));
        sums[sums.size() == 1 ? 0 : channel_at(shape, at)] += q;
      }
      double zeros = 0;
      for (size_t channel = 0; channel < sums.size(); ++channel) zeros += zero_of(channel) * sums[channel];
      units[k] *= in.scale;
      const double q = std::round(bias[k] / units[k] - zeros);
      if (std::abs(q) > double{INT32_MAX}) refuse("could overflow 32-bit sums");
      result.bias.push_back(static_cast<int32_t>(q));
    }
    result.weight = channels_last(result.weight, outputs, static_cast<size_t>(shape.group_inputs()),
                                  static_cast<size_t>(shape.kernel_h) * static_cast<size_t>(shape.kernel_w));
    if (!reachable_sums(result).fits_int32()) refuse("could overflow 32-bit sums");
    give_sums(std::move(result), {shape.out_channels, shape.out_height(), shape.out_width()},
              std::move(units));
  }

  // Adds a node that gives sums, whose units are worth `units`; requantised unless they are the logits.
  template <typename Summing>
  void give_sums(Summing summing, nn::Shape output, std::vector<double> units) {
    if (is_last()) return give(std::move(summing), output, {.scale = units[0]}, at_);
    const size_t last = joined_relus();
    const Quantisation quantisation = quantisation_of(ranges_[last]);
    summing.requantisation = requantisation(std::move(units), quantisation);
    give(std::move(summing), output, quantisation, last);
  }

  void add(const graph::GroupNorm& /*norm*/) {
    refuse("has no integer form", "batch_norm2d has: it becomes part of a convolution");
  }

  void give_table(const graph::Activation& function, const std::vector<double>& values) {
    const Quantisation quantisation = quantisation_of(ranges_[at_]);
    Lookup lookup{.function = function};
    std::ranges::transform(values, lookup.table.begin(),
                           [&](double value) { return nearest(quantisation, value); });
    give(lookup, quantisation);
  }
  std::vector<double> input_values() const {
    std::vector<double> values;
    for (int q = 0; q <= kLargest; ++q)
      values.push_back((q - input().quantisation.zero) * input().quantisation.scale);
    return values;
  }

  void add(const graph::Relu& relu) {
    require_one_normalisation();
    std::vector<double> values = input_values();
    for (double& value : values) value = std::max(value, 0.0);
    give_table(relu, values);
  }
  void add(const graph::Function& function) {
    require_one_normalisation();
    give_table(function, values_of(function.function, input_values()));
  }
  void add(const graph::LeakyRelu& relu) {
    require_one_normalisation();
    if (relu.slope.size() == 1) {
      std::vector<double> values = input_values();
      for (double& value : values) value = value > 0 ? value : value * relu.slope[0];
      return give_table(relu, values);
    }
    if (input_is_flattened()) refuse("follows a flattened plane");
    const Quantisation& in = input().quantisation;
    const Quantisation out = quantisation_of(ranges_[at_]);
    std::vector<double> units;
    for (const float slope : relu.slope) units.push_back(in.scale * slope);
    units.push_back(in.scale);
    Requantisation negative = requantisation(std::move(units), out);
    const int32_t positive = negative.multiplier.back();
    negative.multiplier.pop_back();
    give(Slopes{static_cast<int>(std::lround(in.zero)), positive, std::move(negative)}, out);
  }

  void add(const graph::Pool& pool) {
    require_one_normalisation();
    if (input_is_flattened()) refuse("follows a flattened plane");
    const auto sliding = pool.sliding(input().output);
    if (!sliding)
      refuse(
          "has windows of different sizes, or that divide by different numbers, which have no integer form",
          "an output_size that divides the plane, or count_include_pad = true without ceil_mode, has one");
    const Slide slide{.kernel = sliding->kernel,
                      .stride = sliding->stride,
                      .before = sliding->before,
                      .after = sliding->after};
    if (pool.pooling() == kernels::Pooling::kMax)
      return give(MaxPool{slide}, node().output, input().quantisation, at_);
    const Quantisation& in = input().quantisation;
    const double values = double{1} * slide.kernel.h * slide.kernel.w;
    const auto bias = static_cast<int32_t>(std::lround(-values * in.zero));
    give_sums(AveragePool{slide, bias, padding_of(in), {}}, node().output, {in.scale / values});
  }

  void add(const graph::Sum& /*sum*/) {
    require_one_normalisation();
    if (input(0).output != input(1).output) refuse("adds a flattened plane to what is none");
    const Quantisation& a = input(0).quantisation;
    const Quantisation& b = input(1).quantisation;
    const size_t last = joined_relus();
    const Quantisation out = quantisation_of(ranges_[last]);
    const Requantisation terms = requantisation({a.scale, b.scale}, out);
    const double zeros = a.zero * terms.multiplier[0] + b.zero * terms.multiplier[1];
    give(Sum{{terms.multiplier[0], terms.multiplier[1]},
             rounding_offset(terms.shift, terms.zero) - std::llround(zeros),
             terms.shift},
         input().output, out, last);
  }

  void add(const graph::Flatten& /*flatten*/) { place_[at_] = place_[node().inputs[0]]; }

  const graph::Graph& graph_;
  const nn::ModelSpec& spec_;
  std::span<const Range> ranges_;
  const Options& options_;
  std::vector<int> readers_;
  IntegerModel result_;
  std::vector<size_t> place_;  // of each graph's node in the result
  size_t at_ = 0;
};

}  // namespace

IntegerModel quantise(const graph::Graph& folded, const nn::ModelSpec& model, std::span<const Range> ranges,
                      const Options& options) {
  return Builder(folded, model, ranges, options).build();
}

IntegerModel quantise_untrained(const nn::ModelSpec& model, const Options& options) {
  const nn::Weights weights = nn::initial_weights(nn::make_plan(model), 1);
  const graph::Graph folded = graph::fold_batch_norms(graph::make_graph(model, weights));
  const std::vector<Range> ranges(folded.nodes.size(), {-1, 1});
  IntegerModel integers = quantise(folded, model, ranges, options);
  for (Node& node : integers.nodes) {
    if (auto* convolution = std::get_if<Convolution>(&node.operation))
      std::ranges::fill(convolution->bias, INT32_MAX);
  }
  return integers;
}

}  // namespace rung::quantise

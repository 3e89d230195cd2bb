#include "quantise/integer_model.h"

#include <algorithm>
#include <array>

#include "base/require.h"

namespace rung::quantise {
namespace {

constexpr std::array<uint8_t, 1> kZero{0};

// Calls use(position, window) for each output position; window holds the taps [kernel h][kernel w][C],
// padded.
template <typename Use>
void for_each_window(const Slide& slide, const nn::Shape& in, const nn::Shape& out,
                     std::span<const uint8_t> padding, const uint8_t* x, std::vector<uint8_t>& window,
                     Use use) {
  const auto channels = static_cast<size_t>(in.channels);
  window.resize(static_cast<size_t>(slide.kernel.h * slide.kernel.w) * channels);
  size_t position = 0;
  for (int oy = 0; oy < out.height; ++oy) {
    for (int ox = 0; ox < out.width; ++ox, ++position) {
      auto to = window.begin();
      for (int ky = 0; ky < slide.kernel.h; ++ky) {
        const int row = oy * slide.stride.h + ky * slide.dilation.h - slide.before.h;
        for (int kx = 0; kx < slide.kernel.w; ++kx) {
          const int column = ox * slide.stride.w + kx * slide.dilation.w - slide.before.w;
          if (row < 0 || row >= in.height || column < 0 || column >= in.width) {
            to = padding.size() == 1 ? std::fill_n(to, channels, padding[0])
                                     : std::ranges::copy(padding, to).out;
          } else {
            const auto at =
                static_cast<size_t>(row) * static_cast<size_t>(in.width) + static_cast<size_t>(column);
            to = std::copy_n(x + at * channels, channels, to);
          }
        }
      }
      use(position, window);
    }
  }
}

// Computes one node.
struct Step {
  const nn::Shape& in;
  const nn::Shape& out;
  const uint8_t* x;      // of the first input
  const uint8_t* other;  // of the second, if there is one
  uint8_t* y;            // [H][W][C]
  int32_t* sums;         // the logits, of a node without a requantisation
  std::vector<uint8_t>& window;

  void give(size_t at, size_t channel, int32_t sum,
            const std::optional<Requantisation>& requantisation) const {
    if (requantisation) {
      y[at] =
          requantise(sum, requantisation->of_channel(channel), requantisation->shift, requantisation->zero);
    } else {
      sums[at] = sum;
    }
  }

  void operator()(const Image& /*image*/) const {}

  void operator()(const Convolution& c) const {
    const auto outputs = static_cast<size_t>(out.channels);
    const size_t group_outputs = outputs / static_cast<size_t>(c.groups);
    const auto channels = static_cast<size_t>(in.channels);
    const size_t group_channels = channels / static_cast<size_t>(c.groups);
    const auto places = static_cast<size_t>(c.slide.kernel.h) * static_cast<size_t>(c.slide.kernel.w);
    for_each_window(c.slide, in, out, c.padding, x, window, [&](size_t position, const auto& values) {
      for (size_t k = 0; k < outputs; ++k) {
        const uint8_t* from = values.data() + k / group_outputs * group_channels;
        const int8_t* weight = c.weight.data() + k * static_cast<size_t>(c.taps());
        int32_t sum = c.bias[k];
        for (size_t place = 0; place < places; ++place, from += channels, weight += group_channels) {
          for (size_t i = 0; i < group_channels; ++i) sum += int32_t{from[i]} * weight[i];
        }
        give(position * outputs + k, k, sum, c.requantisation);
      }
    });
  }

  void operator()(const MaxPool& pool) const {
    const auto channels = static_cast<size_t>(in.channels);
    for_each_window(pool.slide, in, out, kZero, x, window, [&](size_t position, const auto& values) {
      for (size_t c = 0; c < channels; ++c) {
        uint8_t largest = 0;
        for (size_t i = c; i < values.size(); i += channels) largest = std::max(largest, values[i]);
        y[position * channels + c] = largest;
      }
    });
  }

  void operator()(const AveragePool& pool) const {
    const auto channels = static_cast<size_t>(in.channels);
    for_each_window(pool.slide, in, out, {&pool.padding, 1}, x, window,
                    [&](size_t position, const auto& values) {
                      for (size_t c = 0; c < channels; ++c) {
                        int32_t sum = pool.bias;
                        for (size_t i = c; i < values.size(); i += channels) sum += values[i];
                        give(position * channels + c, c, sum, pool.requantisation);
                      }
                    });
  }

  void operator()(const Sum& sum) const {
    const auto count = static_cast<size_t>(out.elements());
    for (size_t i = 0; i < count; ++i)
      y[i] = shifted(int64_t{x[i]} * sum.multiplier[0] + int64_t{other[i]} * sum.multiplier[1] + sum.offset,
                     sum.shift);
  }

  void operator()(const Lookup& lookup) const {
    std::transform(x, x + out.elements(), y, [&](uint8_t value) { return lookup.table[value]; });
  }

  void operator()(const Slopes& slopes) const {
    const auto channels = static_cast<size_t>(out.channels);
    for (size_t i = 0; i < static_cast<size_t>(out.elements()); ++i) {
      const int32_t value = int32_t{x[i]} - slopes.zero;
      const int32_t multiplier = value < 0 ? slopes.negative.of_channel(i % channels) : slopes.positive;
      y[i] = requantise(value, multiplier, slopes.negative.shift, slopes.negative.zero);
    }
  }
};

}  // namespace

bool gives_sums(const Operation& operation) {
  const auto* convolution = std::get_if<Convolution>(&operation);
  const auto* pool = std::get_if<AveragePool>(&operation);
  return (convolution != nullptr && !convolution->requantisation) ||
         (pool != nullptr && !pool->requantisation);
}

SumRange reachable_sums(const Convolution& convolution) {
  SumRange range;
  const auto taps = static_cast<size_t>(convolution.taps());
  for (size_t k = 0; k < convolution.bias.size(); ++k) {
    int64_t least = convolution.bias[k];
    int64_t most = least;
    for (size_t t = 0; t < taps; ++t) {
      const int64_t product = int64_t{kLargest} * convolution.weight[k * taps + t];
      (product < 0 ? least : most) += product;
    }
    range.least = std::min(range.least, least);
    range.most = std::max(range.most, most);
  }
  return range;
}

SumRange reachable_sums(const AveragePool& pool) {
  const int64_t most = int64_t{kLargest} * pool.slide.kernel.h * pool.slide.kernel.w;
  return {std::min<int64_t>(0, pool.bias), std::max<int64_t>(0, most + pool.bias)};
}

IntegerRunner::IntegerRunner(const IntegerModel& model) : model_(model) {
  for (const Node& node : model.nodes) {
    const bool is_sums = gives_sums(node.operation);
    RUNG_REQUIRE(!is_sums || &node == &model.nodes.back());
    outputs_.emplace_back(is_sums ? 0 : static_cast<size_t>(node.output.elements()));
  }
  logits_.resize(static_cast<size_t>(model.classes));
}

std::span<const int32_t> IntegerRunner::run(std::span<const uint8_t> image) {
  RUNG_REQUIRE(image.size() == outputs_[0].size());
  std::ranges::copy(image, outputs_[0].begin());
  for (size_t at = 1; at < model_.nodes.size(); ++at) {
    const Node& node = model_.nodes[at];
    const uint8_t* other = node.inputs.size() > 1 ? outputs_[node.inputs[1]].data() : nullptr;
    std::visit(Step{model_.input_of(node), node.output, outputs_[node.inputs[0]].data(), other,
                    outputs_[at].data(), logits_.data(), window_},
               node.operation);
  }
  if (!outputs_.back().empty()) std::ranges::copy(outputs_.back(), logits_.begin());
  return logits_;
}

int predicted_class(std::span<const int32_t> logits) {
  return static_cast<int>(std::ranges::max_element(logits) - logits.begin());
}

}  // namespace rung::quantise

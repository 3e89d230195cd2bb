// Changes of a model's layers. They only try: whether a model is possible is found out afterwards.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "nn/infer.h"
#include "search/mutate.h"

namespace rung::search {
namespace {

using nn::Conv2d;
using Text = std::optional<std::string>;

template <typename T>
const T& draw(const std::vector<T>& values, RandomStream& random) {
  return values[random.below(static_cast<uint32_t>(values.size()))];
}

// An index of the values that pass; none if none does.
template <typename Passes>
std::optional<size_t> draw_layer(const Layers& layers, RandomStream& random, Passes passes) {
  std::vector<size_t> found;
  for (size_t i = 0; i < layers.size(); ++i)
    if (passes(i)) found.push_back(i);
  if (found.empty()) return std::nullopt;
  return draw(found, random);
}

int input_channels(const ModelEdit& edit, size_t layer) {
  return layer == 0 ? edit.model().input.channels : nn::infer(edit.model()).layers[layer - 1].output.channels;
}

std::string name_of(const ModelEdit& edit, size_t layer) {
  return nn::numbered_name(edit.model(), layer);
}

// "Same" padding of a kernel.
nn::Size2 keeping(const nn::Size2& kernel, const nn::Size2& dilation) {
  return {dilation.h * (kernel.h - 1) / 2, dilation.w * (kernel.w - 1) / 2};
}

int other_width(int channels, const Range& range, RandomStream& random) {
  const std::array<double, 8> factors = {-1, 1, -2, 2, 0.75, 1.25, 0.5, 1.5};
  const double factor = factors[random.below(factors.size())];
  const double value = factor == std::floor(factor) ? channels + factor : channels * factor;
  return static_cast<int>(std::clamp(std::round(value), range.low, range.high));
}

// Depthwise convolutions behind layer `from` get as many channels as it has now.
void follow(ModelEdit& edit, size_t from, int before, int now) {
  for (size_t i = from + 1; i < edit.layers().size(); ++i) {
    if (is<nn::Linear>(edit.layers()[i])) return;
    if (!is<Conv2d>(edit.layers()[i])) continue;
    Conv2d& conv = edit.conv(i);
    if (!is_depthwise(conv, before)) return;
    conv.groups = now;
    conv.out_channels = now;
  }
}

bool has_own_width(const ModelEdit& edit, size_t i) {
  const auto* conv = std::get_if<Conv2d>(&edit.layers()[i]);
  return conv != nullptr && conv->groups == 1 && !edit.is_last_weight(i);
}

void set_width(ModelEdit& edit, size_t i, int now) {
  const int before = std::exchange(edit.conv(i).out_channels, now);
  follow(edit, i, before, now);
}

Text change_every_width(ModelEdit& edit, const Space& space, RandomStream& random) {
  constexpr std::array<double, 6> kFactors = {0.7, 0.8, 0.85, 0.9, 1.1, 1.2};
  return scale_widths(edit, space, kFactors[random.below(kFactors.size())]);
}

// Of one convolution; or, because residual connections tie them, of all that are as wide.
Text change_width(ModelEdit& edit, const Space& space, RandomStream& random) {
  const auto can = [&](size_t i) { return has_own_width(edit, i); };
  const auto chosen = draw_layer(edit.layers(), random, can);
  if (!chosen) return std::nullopt;
  const int before = edit.conv(*chosen).out_channels;
  const int now = other_width(before, space.channels, random);
  if (now == before) return std::nullopt;
  const bool is_residual = std::ranges::any_of(edit.layers(), is<nn::Add>);
  const bool all = is_residual && random.below(2) == 0;
  const std::string name = all ? fmt::format("every convolution of {}", before) : name_of(edit, *chosen);
  for (size_t i = 0; i < edit.layers().size(); ++i) {
    if (!can(i) || (i != *chosen && !(all && edit.conv(i).out_channels == before))) continue;
    set_width(edit, i, now);
  }
  return fmt::format("{} instead of {} channels of {}", now, before, name);
}

Text change_channels(ModelEdit& edit, const Space& space, RandomStream& random) {
  return random.below(3) == 0 ? change_every_width(edit, space, random) : change_width(edit, space, random);
}

Text change_depth(ModelEdit& edit, const Space& space, RandomStream& random) {
  const auto blocks = edit.blocks();
  if (blocks.empty()) return std::nullopt;
  const Block block = draw(blocks, random);
  const std::string name = name_of(edit, block.begin);
  const auto count = static_cast<double>(blocks.size());
  if (random.below(2) == 0) {
    if (count - 1 < space.depth.low || edit.is_last_weight(block.begin)) return std::nullopt;
    edit.erase(block.begin, block.end - block.begin);
    return fmt::format("without {}", name);
  }
  if (count + 1 > space.depth.high || edit.is_last_weight(block.begin)) return std::nullopt;
  Layers copy(edit.layers().begin() + static_cast<std::ptrdiff_t>(block.begin),
              edit.layers().begin() + static_cast<std::ptrdiff_t>(block.end));
  Conv2d& conv = std::get<Conv2d>(copy.front());
  conv.stride = {1, 1};
  conv.padding = keeping(conv.kernel_size, conv.dilation);
  edit.insert(block.end, copy);
  return fmt::format("another convolution behind {}", name);
}

Text change_kernel_size(ModelEdit& edit, const Space& space, RandomStream& random) {
  const auto chosen =
      draw_layer(edit.layers(), random, [&](size_t i) { return is<Conv2d>(edit.layers()[i]); });
  if (!chosen) return std::nullopt;
  Conv2d& conv = edit.conv(*chosen);
  const nn::Size2 before = conv.kernel_size;
  if (before.h != before.w || before.h % 2 == 0) return std::nullopt;
  const int now = before.h + (random.below(2) == 0 ? -2 : 2);
  if (!space.kernel_size.holds(now)) return std::nullopt;
  const bool keeps = conv.padding == keeping(before, conv.dilation);
  conv.kernel_size = {now, now};
  if (keeps) conv.padding = keeping(conv.kernel_size, conv.dilation);
  return fmt::format("{}×{} instead of {}×{} for {}", now, now, before.h, before.w, name_of(edit, *chosen));
}

Text change_padding(ModelEdit& edit, RandomStream& random) {
  const auto chosen = draw_layer(edit.layers(), random, [&](size_t i) {
    return is<Conv2d>(edit.layers()[i]) &&
           keeping(edit.conv(i).kernel_size, edit.conv(i).dilation) != nn::Size2{0, 0};
  });
  if (!chosen) return std::nullopt;
  Conv2d& conv = edit.conv(*chosen);
  const bool had = conv.padding != nn::Size2{0, 0};
  conv.padding = had ? nn::Size2{0, 0} : keeping(conv.kernel_size, conv.dilation);
  return fmt::format("{} padding of {}", had ? "no" : "with", name_of(edit, *chosen));
}

Text move_pooling(ModelEdit& edit, size_t at, RandomStream& random) {
  const auto blocks = edit.blocks();
  const nn::LayerSpec pooling = edit.layers()[at];
  const std::string name = name_of(edit, at);
  const bool earlier = random.below(2) == 0;
  for (const Block& block : blocks) {
    if (earlier && block.end == at) {
      edit.erase(at);
      edit.insert(block.begin, {pooling});
      return fmt::format("{} one convolution earlier", name);
    }
    if (!earlier && block.begin == at + 1) {
      edit.insert(block.end, {pooling});
      edit.erase(at);
      return fmt::format("{} one convolution later", name);
    }
  }
  return std::nullopt;
}

Text add_pooling(ModelEdit& edit, RandomStream& random) {
  const auto blocks = edit.blocks();
  if (blocks.empty()) return std::nullopt;
  const Block block = draw(blocks, random);
  if (edit.is_last_weight(block.begin)) return std::nullopt;
  const std::string name = name_of(edit, block.begin);
  edit.insert(block.end, {nn::MaxPool2d{.kernel_size = {2, 2}}});
  return fmt::format("a pooling behind {}", name);
}

Text change_stride(ModelEdit& edit, RandomStream& random) {
  const auto chosen =
      draw_layer(edit.layers(), random, [&](size_t i) { return is<Conv2d>(edit.layers()[i]); });
  if (!chosen) return std::nullopt;
  Conv2d& conv = edit.conv(*chosen);
  const int now = conv.stride == nn::Size2{1, 1} ? 2 : 1;
  conv.stride = {now, now};
  return fmt::format("a stride of {} for {}", now, name_of(edit, *chosen));
}

Text change_pooling(ModelEdit& edit, RandomStream& random) {
  const auto chosen =
      draw_layer(edit.layers(), random, [&](size_t i) { return is_pooling(edit.layers()[i]); });
  const uint32_t what = random.below(6);
  if (what == 0) return add_pooling(edit, random);
  if (what == 1) return change_stride(edit, random);
  if (!chosen) return std::nullopt;
  if (what <= 3) return move_pooling(edit, *chosen, random);
  const std::string name = name_of(edit, *chosen);
  if (what == 4) {
    edit.erase(*chosen);
    return fmt::format("without {}", name);
  }
  nn::LayerSpec& layer = edit.layers()[*chosen];
  if (const auto* most = std::get_if<nn::MaxPool2d>(&layer)) {
    layer = nn::AvgPool2d{.kernel_size = most->kernel_size,
                          .stride = most->stride,
                          .padding = most->padding,
                          .ceil_mode = most->ceil_mode};
  } else {
    const auto mean = std::get<nn::AvgPool2d>(layer);
    layer = nn::MaxPool2d{.kernel_size = mean.kernel_size,
                          .stride = mean.stride,
                          .padding = mean.padding,
                          .ceil_mode = mean.ceil_mode};
  }
  return fmt::format("{} instead of {}", nn::torch_name(layer), name);
}

Text change_residual(ModelEdit& edit, RandomStream& random) {
  const auto add = draw_layer(edit.layers(), random, [&](size_t i) { return is<nn::Add>(edit.layers()[i]); });
  if (add && random.below(2) == 0) {
    edit.erase(*add);
    return "without a residual connection";
  }
  const auto info = nn::infer(edit.model());
  const auto is_around = [&](size_t begin, size_t end) {
    const auto* there = end < edit.layers().size() ? std::get_if<nn::Add>(&edit.layers()[end]) : nullptr;
    return there != nullptr && there->from == static_cast<int>(begin) - 1;
  };
  std::vector<Block> possible;
  const auto blocks = edit.blocks();
  for (size_t first = 0; first < blocks.size(); ++first) {
    for (size_t last = first; last < std::min(first + 2, blocks.size()); ++last) {
      const Block span{blocks[first].begin, blocks[last].end};
      const bool joined = first == last || blocks[first].end == blocks[last].begin;
      if (joined && span.begin > 0 && !is_around(span.begin, span.end) &&
          info.layers[span.begin - 1].output == info.layers[span.end - 1].output)
        possible.push_back(span);
    }
  }
  if (possible.empty()) return std::nullopt;
  const Block span = draw(possible, random);
  const std::string text = fmt::format("a residual connection around {}", name_of(edit, span.begin));
  edit.insert(span.end, {nn::Add{.from = static_cast<int>(span.begin) - 1}});
  return text;
}

// A convolution as one for every channel and one of 1x1, or the two as one again.
Text change_depthwise(ModelEdit& edit, const Space& space, RandomStream& random) {
  const auto blocks = edit.blocks();
  if (blocks.empty()) return std::nullopt;
  const auto count = static_cast<double>(blocks.size());
  const size_t index = random.below(static_cast<uint32_t>(blocks.size()));
  const Block block = blocks[index];
  Conv2d& conv = edit.conv(block.begin);
  const std::string name = name_of(edit, block.begin);
  const int inputs = input_channels(edit, block.begin);
  if (is_depthwise(conv, inputs)) {
    if (count - 1 < space.depth.low) return std::nullopt;
    if (index + 1 == blocks.size() || blocks[index + 1].begin != block.end) return std::nullopt;
    Conv2d& pointwise = edit.conv(blocks[index + 1].begin);
    if (pointwise.kernel_size != nn::Size2{1, 1} || pointwise.stride != nn::Size2{1, 1} ||
        pointwise.padding != nn::Size2{0, 0} || pointwise.groups != 1)
      return std::nullopt;
    Conv2d whole = conv;
    whole.groups = 1;
    whole.out_channels = pointwise.out_channels;
    whole.bias = pointwise.bias;
    pointwise = whole;
    edit.erase(block.begin, block.end - block.begin);
    return fmt::format("{} and the next as one convolution", name);
  }
  if (count + 1 > space.depth.high || conv.groups != 1 || inputs == 1 || conv.kernel_size == nn::Size2{1, 1})
    return std::nullopt;
  Layers layers = {conv};
  Conv2d& depthwise = std::get<Conv2d>(layers.front());
  depthwise.groups = inputs;
  depthwise.out_channels = inputs;
  for (size_t i = block.begin + 1; i < block.end; ++i)
    if (is<nn::BatchNorm2d>(edit.layers()[i])) layers.push_back(edit.layers()[i]);
  conv.kernel_size = conv.stride = conv.dilation = {1, 1};
  conv.padding = {0, 0};
  edit.insert(block.begin, layers);
  return fmt::format("{} by channels, then across them", name);
}

// How planes become classes: by a linear layer of their means or of all pixels, or by means of a plane for
// each class.
Text change_head(ModelEdit& edit, const Space& space, RandomStream& random) {
  Layers& layers = edit.layers();
  const auto blocks = edit.blocks();
  const auto mean =
      draw_layer(layers, random, [&](size_t i) { return is<nn::AdaptiveAvgPool2d>(layers[i]); });
  const auto linear = draw_layer(layers, random, [&](size_t i) { return is<nn::Linear>(layers[i]); });
  if (blocks.empty() || std::ranges::count_if(layers, is<nn::Linear>) > 1) return std::nullopt;
  if (linear && mean && random.below(2) == 0) {
    Conv2d& last = edit.conv(blocks.back().begin);
    if (last.groups != 1 || *mean < blocks.back().end || !space.channels.holds(edit.model().classes))
      return std::nullopt;
    last.out_channels = edit.model().classes;
    edit.erase(*linear);
    for (size_t i = blocks.back().end; i-- > blocks.back().begin + 1;)
      if (is_activation(layers[i])) edit.erase(i);
    return "the last convolution has a plane for each class, without a linear layer";
  }
  if (linear && mean) {
    edit.erase(*mean);
    if (std::ranges::none_of(layers, is<nn::Flatten>)) edit.insert(*mean, {nn::Flatten{}});
    return "a linear layer of all pixels instead of their means";
  }
  if (linear) {
    const auto flatten = draw_layer(layers, random, [&](size_t i) { return is<nn::Flatten>(layers[i]); });
    if (!flatten) return std::nullopt;
    edit.insert(*flatten, {nn::AdaptiveAvgPool2d{}});
    return "a linear layer of means instead of all pixels";
  }
  if (!mean) return std::nullopt;
  edit.insert(*mean + 1, {nn::Linear{.out_features = edit.model().classes}});
  return "a linear layer behind the means";
}

Text change_activation(ModelEdit& edit, RandomStream& random) {
  const Layers kinds = {nn::Relu{}, nn::LeakyRelu{}, nn::Silu{}, nn::Hardswish{}};
  const nn::LayerSpec now = draw(kinds, random);
  bool changed = false;
  for (nn::LayerSpec& layer : edit.layers()) {
    if (!is_activation(layer) || layer.index() == now.index()) continue;
    layer = now;
    changed = true;
  }
  if (!changed) return std::nullopt;
  return fmt::format("{} as the activation", nn::torch_name(now));
}

}  // namespace

std::string scale_widths(ModelEdit& edit, const Space& space, double factor) {
  for (size_t i = 0; i < edit.layers().size(); ++i) {
    if (!has_own_width(edit, i)) continue;
    const double width = std::round(edit.conv(i).out_channels * factor);
    set_width(edit, i, static_cast<int>(std::clamp(width, space.channels.low, space.channels.high)));
  }
  return fmt::format("{} times the channels everywhere", factor);
}

std::optional<std::string> mutate_model(Kind kind, ModelEdit& edit, const Space& space,
                                        RandomStream& random) {
  switch (kind) {
    case Kind::kChannels:
      return change_channels(edit, space, random);
    case Kind::kDepth:
      return change_depth(edit, space, random);
    case Kind::kKernelSize:
      return change_kernel_size(edit, space, random);
    case Kind::kPadding:
      return change_padding(edit, random);
    case Kind::kPooling:
      return change_pooling(edit, random);
    case Kind::kResidual:
      return change_residual(edit, random);
    case Kind::kDepthwise:
      return change_depthwise(edit, space, random);
    case Kind::kHead:
      return change_head(edit, space, random);
    case Kind::kActivation:
      return change_activation(edit, random);
    default:
      return std::nullopt;
  }
}

}  // namespace rung::search

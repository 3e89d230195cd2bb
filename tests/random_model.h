// Random models of a few small layers, with every kind of window.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/philox.h"
#include "nn/infer.h"
#include "nn/model_spec.h"

namespace rung::testing {

// Draws numbers, of one of many streams.
class Random {
 public:
  explicit Random(uint32_t stream) : stream_(17, RandomPurpose::kInit, stream) {}
  int between(int low, int high) {
    return low + static_cast<int>(stream_.below(static_cast<uint32_t>(high - low + 1)));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  // Padding may exceed what the kernel covers only if `free`.
  int padding(int kernel, bool free) {
    if (chance(60)) return kernel / 2;
    return free && chance(20) ? between(0, 4) : between(0, kernel - 1);
  }

 private:
  RandomStream stream_;
};

// Of a model's last layer.
inline nn::Shape output_of(const nn::ModelSpec& model) {
  nn::ModelSpec ended = model;
  ended.layers.emplace_back(nn::AdaptiveAvgPool2d{});
  ended.layers.emplace_back(nn::Linear{model.classes, false});
  return nn::infer(ended).layers.at(model.layers.size()).input;
}

inline nn::Conv2d random_conv(Random& random, int channels) {
  const nn::Size2 kernel{random.between(1, 5), random.chance(80) ? 3 : random.between(1, 5)};
  nn::Conv2d conv{.out_channels = random.between(1, 4), .kernel_size = kernel};
  conv.stride = random.chance(60) ? nn::Size2{1, 1} : nn::Size2{random.between(1, 4), random.between(1, 4)};
  conv.padding = {random.padding(kernel.h, true), random.padding(kernel.w, true)};
  if (random.chance(40)) conv.dilation = {random.between(1, 5), random.between(1, 5)};
  if (random.chance(30)) conv.groups = conv.out_channels = channels;  // depthwise
  return conv;
}

template <typename Pool>
nn::LayerSpec random_pool(Random& random) {
  Pool pool{{random.between(1, 4), random.between(1, 4)}};
  if (random.chance(40)) return pool;
  pool.stride = {random.between(1, 3), random.between(1, 3)};
  pool.padding = {random.between(0, pool.kernel_size.h / 2), random.between(0, pool.kernel_size.w / 2)};
  return pool;
}

inline nn::LayerSpec random_layer(Random& random, const nn::ModelSpec& model) {
  std::vector<int> alike;
  const nn::Shape shape = output_of(model);
  for (size_t layer = 0; layer < model.layers.size(); ++layer) {
    nn::ModelSpec shorter = model;
    shorter.layers.resize(layer + 1);
    if (output_of(shorter) == shape) alike.push_back(static_cast<int>(layer));
  }
  if (alike.size() > 1 && random.chance(30))
    return nn::Add{alike[static_cast<size_t>(random.between(0, static_cast<int>(alike.size()) - 2))]};
  if (random.chance(20)) return random_pool<nn::MaxPool2d>(random);
  if (random.chance(15)) return random_pool<nn::AvgPool2d>(random);
  if (random.chance(8)) return nn::AdaptiveAvgPool2d{{random.between(1, 9), random.between(1, 9)}};
  if (random.chance(15)) return nn::BatchNorm2d{};
  if (random.chance(15)) return nn::Relu{};
  if (random.chance(3)) return nn::Flatten{};
  return random_conv(random, shape.channels);
}

// Of two classes, from images of 4 to `most_pixels` rows and columns.
inline nn::ModelSpec random_model(Random& random, int most_pixels) {
  nn::ModelSpec model{
      {random.between(1, 3), random.between(4, most_pixels), random.between(4, most_pixels)}, 2, {}};
  for (int left = random.between(2, 8); left > 0; --left) {
    nn::ModelSpec longer = model;
    longer.layers.push_back(random_layer(random, model));
    try {
      if (output_of(longer).elements() <= 1000) model = longer;
    } catch (const nn::ShapeError&) {  // a kernel too large: the model does without the layer
    }
  }
  if (random.chance(50)) model.layers.emplace_back(nn::AdaptiveAvgPool2d{});
  model.layers.emplace_back(nn::Flatten{});
  const int features = output_of(model).channels;
  if (features % 2 == 0 && random.chance(40)) {
    model.layers.emplace_back(nn::Conv2d{.out_channels = 2, .kernel_size = {1, 1}, .groups = 2});
  } else {
    model.layers.emplace_back(nn::Linear{2, true});
  }
  return model;
}

inline std::string text(nn::Size2 size) {
  return fmt::format("{}x{}", size.h, size.w);
}

inline std::string text(const nn::ModelSpec& model) {
  std::string all = fmt::format("{}x{}x{}:", model.input.channels, model.input.height, model.input.width);
  for (const nn::LayerSpec& layer : model.layers) {
    all += fmt::format(" {}", nn::recipe_name(layer));
    const auto add_window = [&](const auto& l) {
      all += fmt::format("({}, stride {}, padding {})", text(l.kernel_size), text(l.stride), text(l.padding));
    };
    if (const auto* conv = std::get_if<nn::Conv2d>(&layer)) {
      add_window(*conv);
      all += fmt::format(", dilation {} to {} in {} groups", text(conv->dilation), conv->out_channels,
                         conv->groups);
    }
    if (const auto* pool = std::get_if<nn::MaxPool2d>(&layer)) add_window(*pool);
    if (const auto* pool = std::get_if<nn::AvgPool2d>(&layer)) add_window(*pool);
    if (const auto* pool = std::get_if<nn::AdaptiveAvgPool2d>(&layer)) all += text(pool->output_size);
    if (const auto* sum = std::get_if<nn::Add>(&layer)) all += fmt::format("({})", sum->from);
  }
  return all;
}

}  // namespace rung::testing

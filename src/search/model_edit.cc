#include "search/model_edit.h"

#include <algorithm>
#include <utility>

namespace rung::search {
namespace {

bool belongs_to_convolution(const nn::LayerSpec& layer) {
  return is<nn::BatchNorm2d>(layer) || is<nn::GroupNorm>(layer) || is<nn::Dropout>(layer) ||
         is<nn::Dropout2d>(layer) || is_activation(layer);
}

}  // namespace

ModelEdit::ModelEdit(nn::ModelSpec model) : model_(std::move(model)) {
  for (size_t i = 0; i < model_.layers.size(); ++i) {
    if (auto* add = std::get_if<nn::Add>(&model_.layers[i]))
      add->from = static_cast<int>(nn::added_layer(*add, i));
  }
}

void ModelEdit::insert(size_t at, const Layers& added) {
  const auto count = static_cast<int>(added.size());
  for (nn::LayerSpec& layer : model_.layers) {
    if (auto* add = std::get_if<nn::Add>(&layer); add != nullptr && add->from >= static_cast<int>(at))
      add->from += count;
  }
  model_.layers.insert(model_.layers.begin() + static_cast<std::ptrdiff_t>(at), added.begin(), added.end());
}

void ModelEdit::erase(size_t at, size_t count) {
  const auto first = model_.layers.begin() + static_cast<std::ptrdiff_t>(at);
  model_.layers.erase(first, first + static_cast<std::ptrdiff_t>(count));
  const auto begin = static_cast<int>(at);
  const auto end = static_cast<int>(at + count);
  for (nn::LayerSpec& layer : model_.layers) {
    auto* add = std::get_if<nn::Add>(&layer);
    if (add == nullptr || add->from < begin) continue;
    add->from = add->from < end ? begin - 1 : add->from - (end - begin);
  }
  drop_empty_connections();
}

// Around nothing: what would be added is the input itself, or not there.
void ModelEdit::drop_empty_connections() {
  for (size_t i = 0; i < model_.layers.size(); ++i) {
    const auto* add = std::get_if<nn::Add>(&model_.layers[i]);
    if (add == nullptr || (add->from >= 0 && add->from + 1 < static_cast<int>(i))) continue;
    return erase(i);
  }
}

std::vector<Block> ModelEdit::blocks() const {
  std::vector<Block> blocks;
  for (size_t i = 0; i < layers().size(); ++i) {
    if (!is<nn::Conv2d>(layers()[i])) continue;
    size_t end = i + 1;
    while (end < layers().size() && belongs_to_convolution(layers()[end])) ++end;
    blocks.push_back({i, end});
  }
  return blocks;
}

bool ModelEdit::is_last_weight(size_t at) const {
  return std::none_of(
      layers().begin() + static_cast<std::ptrdiff_t>(at) + 1, layers().end(),
      [](const nn::LayerSpec& layer) { return is<nn::Conv2d>(layer) || is<nn::Linear>(layer); });
}

bool is_activation(const nn::LayerSpec& layer) {
  if (is<nn::Relu>(layer) || is<nn::LeakyRelu>(layer) || is<nn::PRelu>(layer)) return true;
  return std::visit(
      [](const auto& spec) {
        return requires {
          spec.function();
        };
      },
      layer);
}

bool is_pooling(const nn::LayerSpec& layer) {
  return is<nn::MaxPool2d>(layer) || is<nn::AvgPool2d>(layer);
}

bool is_depthwise(const nn::Conv2d& conv, int in_channels) {
  return conv.groups > 1 && conv.groups == in_channels && conv.out_channels == in_channels;
}

}  // namespace rung::search

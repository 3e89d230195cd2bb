#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "nn/layer.h"

namespace rung::nn {

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

  void infer(const LayerPlace& place, LayerInfo& info) const;
};

// The index of the layer whose output `add` adds if it is layer `index` of a model; below 0 if there is none.
inline int64_t added_layer(const Add& add, size_t index) {
  return add.from < 0 ? static_cast<int64_t>(index) + add.from : add.from;
}

}  // namespace rung::nn

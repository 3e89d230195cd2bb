// Inserts and removes layers of a model, so that residual connections still lead to the layer that they led
// to. Whether the result is possible is nn::infer()'s business.
#pragma once

#include <cstddef>
#include <vector>

#include "nn/model_spec.h"

namespace rung::search {

using Layers = std::vector<nn::LayerSpec>;

// A convolution, and the normalisation, dropout and activations behind it.
struct Block {
  size_t begin = 0;
  size_t end = 0;
};

class ModelEdit {
 public:
  explicit ModelEdit(nn::ModelSpec model);

  const nn::ModelSpec& model() const { return model_; }
  Layers& layers() { return model_.layers; }
  const Layers& layers() const { return model_.layers; }

  void insert(size_t at, const Layers& added);
  // A connection to one of the removed layers leads to the layer before them; one that then leads around
  // nothing is removed, too.
  void erase(size_t at, size_t count = 1);

  nn::Conv2d& conv(size_t at) { return std::get<nn::Conv2d>(model_.layers[at]); }
  std::vector<Block> blocks() const;

  // Whether no convolution or linear layer follows: its outputs are the classes.
  bool is_last_weight(size_t at) const;

 private:
  void drop_empty_connections();

  nn::ModelSpec model_;
};

template <typename Layer>
bool is(const nn::LayerSpec& layer) {
  return std::holds_alternative<Layer>(layer);
}
bool is_activation(const nn::LayerSpec& layer);  // a function of single values
bool is_pooling(const nn::LayerSpec& layer);     // that slides

// A group of its own for every channel.
bool is_depthwise(const nn::Conv2d& conv, int in_channels);

}  // namespace rung::search

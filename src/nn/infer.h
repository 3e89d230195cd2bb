// What follows from a model's layers and its input's shape: output shapes, parameters, multiply-accumulates,
// receptive fields. It finds every impossible shape before anything is allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "nn/layer.h"
#include "nn/model_spec.h"

namespace rung::nn {

// A layer cannot work on its input; `layer` is its index in ModelSpec::layers, counted from 0 as in
// torch.nn.Sequential, or layers.size() if the model as a whole is at fault: its input, its output, no
// layers.
class ShapeError : public UsageError {
 public:
  ShapeError(size_t layer_index, const std::string& message, const std::string& hint = "")
      : UsageError(message, hint), layer(layer_index) {}
  size_t layer;
};

struct ModelInfo {
  std::vector<LayerInfo> layers;  // as in ModelSpec::layers
  int64_t params = 0;
  int64_t macs = 0;
  int64_t activation_bytes = 0;
  Size2 seen;  // how many rows and columns of the image the model's outputs depend on
};

// The next layer after those that `earlier` holds, without its receptive field. Throws ShapeError.
LayerInfo infer_layer(const ModelSpec& model, std::span<const LayerInfo> earlier);

// Throws ShapeError. `layer 7 (conv2d): the 6×6 kernel is larger than its 4×4 input`
ModelInfo infer(const ModelSpec& model);

// The first batch norm that would have no variance, because its channels have a single value in the batch of
// one image that so many images in batches of `batch_size` leave; none if there is no such batch or layer.
std::optional<size_t> norm_without_variance(const ModelSpec& model, int images, int batch_size);

}  // namespace rung::nn

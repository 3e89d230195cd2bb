// What follows from a model's layers and its input's shape: output shapes, parameters, multiply-accumulates,
// receptive fields. It finds every impossible shape before anything is allocated.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
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

struct LayerInfo {
  Shape input;
  Shape output;
  int64_t params = 0;            // trainable
  int64_t macs = 0;              // multiply-accumulates of one image's forward pass
  int64_t activation_bytes = 0;  // one image's output as float32
  // Rows and columns of the image from the first to the last that one output value sees, of the value that
  // sees most. Padding is not seen.
  Size2 receptive_field;
  Size2 jump;  // pixels of the image between neighbouring output values, at most the image's size
};

struct ModelInfo {
  std::vector<LayerInfo> layers;  // as in ModelSpec::layers
  int64_t params = 0;
  int64_t macs = 0;
  int64_t activation_bytes = 0;
  Size2 seen;  // how many rows and columns of the image the model's outputs depend on
};

// Further limits, as those in spec.h.
inline constexpr int kMaxClasses = 256;  // labels are bytes
inline constexpr int64_t kMaxActivationsPerImage = int64_t{1} << 26;
inline constexpr int64_t kMaxParams = int64_t{1} << 28;

// The next layer after those that `earlier` holds, without its receptive field. Throws ShapeError.
LayerInfo infer_layer(const ModelSpec& model, std::span<const LayerInfo> earlier);

// Throws ShapeError. `layer 7 (conv2d): the 6×6 kernel is larger than its 4×4 input`
ModelInfo infer(const ModelSpec& model);

}  // namespace rung::nn

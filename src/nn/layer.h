// What a layer of nn/layers/ says of itself. Its specification is a plain struct with a list of fields (see
// base/fields.h), and has these members where they say something:
//
// - void infer(const LayerPlace&, LayerInfo&) const: its parameters, and an output of another shape than its
//   input's. Throws UnfitLayer.
// - Windows windows(const Shape& input) const: which positions of its input an output position reads, unless
//   it is the same one.
// - ChannelGroups channel_groups(const Shape& input) const: likewise of channels.
// - std::shared_ptr<const LayerRunner> runner(const Shape& input, const AddParameter&) const: what runs it by
//   itself. plan.cc knows the layers that are fused instead.
//
// Nothing else needs to know which layers there are: a layer is these functions and a row of LayerSpec.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/shape.h"
#include "nn/windows.h"

namespace rung::nn {

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

// Where a layer stands in its model.
struct LayerPlace {
  std::span<const LayerInfo> earlier;  // of the layers before it
  Size2 image;

  size_t index() const { return earlier.size(); }
};

// A layer cannot work on its input. infer() of the model says which layer it is.
struct UnfitLayer {
  std::string message;
  std::string hint = {};
};

// Each of `groups` equally large parts of the input's channels makes as many of the `outputs`.
struct ChannelGroups {
  int groups = 1;
  int outputs = 1;
};

// Adds a parameter of the layer ("weight"), all of whose values start with `start`; its offset among the
// model's parameters.
using AddParameter = std::function<size_t(const std::string& name, std::vector<int64_t> shape, double start)>;

// A layer that runs by itself, as a unit of its own. Tensors are one block's, [C][H][W][16].
class LayerRunner {
 public:
  virtual ~LayerRunner() = default;

  // In short: "group norm".
  virtual std::string describe() const = 0;

  // The positions that it reads, of a layer whose output has others than its input.
  virtual std::optional<Windows> windows() const { return std::nullopt; }

  virtual void forward(std::span<const float> parameters, const float* x, float* y) const = 0;

  // Writes the gradient of x to `dx` and those of the layer's own parameters into `gradient`
  // [parameter_count]. Either may be null.
  virtual void backward(std::span<const float> parameters, const float* dy, const float* x, float* dx,
                        float* gradient) const = 0;
};

template <typename Layer>
concept RunsAlone = requires(const Layer& layer, const Shape& input, const AddParameter& add) {
  layer.runner(input, add);
};

// The distance of output positions, in pixels of the image, if those of the input are `jump` apart and the
// layer takes every `stride`-th.
Size2 jump_after(Size2 jump, Size2 stride, Size2 image);

// Sets the output's rows and columns, and the jump, of a kernel that slides over the input. Throws
// UnfitLayer.
void slide(const LayerPlace& place, Size2 kernel, Size2 stride, Size2 padding, Size2 dilation, bool ceil_mode,
           LayerInfo& info);

// Sets the parameters and the cost of a layer each of whose output elements is a dot product over `inputs`
// values with its channel's weights. Throws UnfitLayer.
void weigh(int64_t inputs, bool bias, LayerInfo& info);

}  // namespace rung::nn

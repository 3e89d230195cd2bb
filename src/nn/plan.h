// A model, ready to run: its layers grouped into units, and the place of every parameter.
//
// A unit is a convolution (or linear layer) and the elementwise layers after it, in this order: relu before
// batch norm; batch norm; dropout, then a function; or the sum of a residual connection; relu and dropout;
// pooling. Each part may be missing. Units are what the engine runs: one kernel call for the convolution, one
// for the rest. Leaky relu, PReLU, group norm, and a pooling whose windows do not tile the plane are units by
// themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/activation.h"
#include "kernels/conv2d.h"
#include "kernels/layout.h"
#include "nn/infer.h"
#include "nn/layer.h"
#include "nn/model_spec.h"

namespace rung::nn {

// A named tensor inside the flat vector of parameters or buffers; named as in torch.nn.Sequential's
// state_dict.
struct TensorInfo {
  std::string name;
  std::vector<int64_t> shape;
  size_t offset = 0;
  size_t size = 0;
  size_t fan_in = 0;  // of a convolution's or linear layer's weight and bias; 0 of all others
  float start = 0;    // what those start with
};

struct Unit {
  struct Norm {
    size_t weight = 0;  // offsets into the parameters
    size_t bias = 0;
    size_t running_mean = 0;  // offsets into the buffers
    size_t running_var = 0;
    double eps = 1e-5;
    double momentum = 0.1;
  };

  // The sum of a residual connection.
  struct Addition {
    size_t unit = 0;    // whose input is added: the output of the unit before it, or the image
    bool last = false;  // no later unit adds the same
  };

  Shape input;
  Shape output;
  std::optional<kernels::ConvShape> conv;
  size_t weight = 0;  // offsets into the parameters
  std::optional<size_t> bias;
  std::optional<Norm> norm;
  std::optional<Addition> addition;           // then dropout is 0
  double dropout = 0;                         // probability
  bool drops_channels = false;                // whole ones, instead of elements
  uint32_t dropout_layer = 0;                 // which layer of the model, for the random numbers
  kernels::ActivationShape activation;        // `rectified` if the convolution's output is
  std::shared_ptr<const LayerRunner> runner;  // of a layer that is a unit of its own, without these parts
  bool input_is_added = false;                // by an Addition

  // Something follows the convolution in evaluation mode, where there is no dropout.
  bool activates_in_evaluation() const {
    return norm || addition || activation.relu || activation.function ||
           activation.pooling != kernels::Pooling::kNone || runner;
  }
  // Something follows the convolution, so that its output and the unit's are not the same.
  bool activates() const { return dropout > 0 || activates_in_evaluation(); }
  // The activation records where the gradient passes, one bit per element.
  bool has_bits() const { return dropout > 0 || activation.gates(); }
  // Dropout's scale of the elements that are kept.
  float kept_scale() const { return static_cast<float>(1.0 / (1.0 - dropout)); }
};

struct Plan {
  Shape input;
  int classes = 0;
  std::vector<Unit> units;
  std::vector<TensorInfo> parameters;
  std::vector<TensorInfo> buffers;  // batch norm's running statistics
  size_t parameter_count = 0;
  size_t buffer_count = 0;
};

// Whether a pooling over the whole plane joins the unit before it, which is faster. Apart from it, that
// unit's output keeps its rows and columns, so that they can be looked at; the results are the same bits.
enum class GlobalPooling { kFused, kApart };

// Throws ShapeError if the shapes do not fit (see infer).
Plan make_plan(const ModelSpec& model, GlobalPooling pooling = GlobalPooling::kFused);

// Floats of a block of images' activations of this shape.
inline size_t block_floats(const Shape& shape) {
  return kernels::block_floats(shape.channels, shape.height, shape.width);
}

}  // namespace rung::nn

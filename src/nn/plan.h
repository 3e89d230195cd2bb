// A model, ready to run: its layers gathered into stages, and where every parameter lies.
//
// A stage is a convolution (or linear layer) and all that is elementwise after it: batch norm, dropout, relu,
// pooling. Each part may be missing. Stages are what the engine runs: one kernel call for the convolution,
// one for the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/activation.h"
#include "kernels/conv2d.h"
#include "nn/infer.h"
#include "nn/spec.h"

namespace rung::nn {

// A named tensor inside the flat vector of parameters or buffers; named as in torch.nn.Sequential's
// state_dict.
struct TensorInfo {
  std::string name;
  std::vector<int64_t> shape;
  size_t offset = 0;
  size_t size = 0;
  size_t fan_in = 0;  // of a convolution's or linear layer's weight and bias; 0 for batch norm
};

struct Stage {
  struct Norm {
    size_t weight = 0;  // offsets into the parameters
    size_t bias = 0;
    size_t running_mean = 0;  // offsets into the buffers
    size_t running_var = 0;
    double eps = 1e-5;
    double momentum = 0.1;
  };

  Shape input;
  Shape output;
  std::optional<kernels::ConvShape> conv;
  size_t weight = 0;  // offsets into the parameters
  std::optional<size_t> bias;
  std::optional<Norm> norm;
  double dropout = 0;          // probability
  uint32_t dropout_layer = 0;  // which layer of the model, for the random numbers
  kernels::ActivationShape activation;

  // Something follows the convolution, so that its output and the stage's are not the same.
  bool activates() const {
    return norm || dropout > 0 || activation.relu || activation.pooling != kernels::Pooling::kNone;
  }
  // The gradient's way through the activation is written down, a bit an element.
  bool has_bits() const { return dropout > 0 || activation.gates(); }
  // Dropout's scale of the elements that are kept.
  float kept_scale() const { return static_cast<float>(1.0 / (1.0 - dropout)); }
};

struct Plan {
  Shape input;
  int classes = 0;
  std::vector<Stage> stages;
  std::vector<TensorInfo> parameters;
  std::vector<TensorInfo> buffers;  // batch norm's running statistics
  size_t parameter_count = 0;
  size_t buffer_count = 0;
};

// Throws ShapeError for a model that cannot work (see infer).
Plan make_plan(const ModelSpec& model);

}  // namespace rung::nn

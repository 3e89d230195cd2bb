// What happens inside a model: one group of 16 images in evaluation mode, with every stage's output kept, and
// the gradient of a logit at every stage. For looking at a model, not for speed: the backward pass uses the
// reference kernels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "nn/evaluation_stage.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::nn {

class Trace {
 public:
  // Runs the group x [C][H][W][16] through the model. `plan` and `weights` must outlive the trace.
  Trace(const Plan& plan, const Weights& weights, const float* x);

  // The output of a stage, [C][PH][PW][16]. The last one holds the logits, [classes][16].
  std::span<const float> output(size_t stage) const;

  // The gradient of each lane's logit of class classes[lane] with respect to the output of `stage`,
  // [C][PH][PW][16]. Lanes from classes.size() upwards get zeros.
  std::vector<float> gradient(size_t stage, std::span<const uint8_t> classes) const;

 private:
  struct StageTrace {
    EvaluationStage runner;
    std::vector<uint16_t> bits;  // the elements through which the gradient passes
    AlignedBuffer<float> output;
  };

  void forward(size_t stage);
  const float* input(size_t stage) const;
  std::vector<float> through_activation(size_t stage, const std::vector<float>& dy) const;

  const Plan& plan_;
  const Weights& weights_;
  AlignedBuffer<float> image_;
  std::vector<StageTrace> stages_;
};

}  // namespace rung::nn

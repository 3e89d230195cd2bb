// What happens inside a model: one block of 16 images in evaluation mode, with every unit's output kept, and
// the gradient of a logit at every unit. For looking at a model, not for speed: the convolutions' backward
// pass uses the reference kernel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "nn/evaluation_unit.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::nn {

class Trace {
 public:
  // Runs the block x [C][H][W][16] through the model. `plan` and `weights` must outlive the trace.
  Trace(const Plan& plan, const Weights& weights, const float* x);

  // The output of a unit, [C][PH][PW][16]. The last one holds the logits, [classes][16].
  std::span<const float> output(size_t unit) const;

  // The gradient of each lane's logit of class classes[lane] with respect to the output of `unit`,
  // [C][PH][PW][16]. Lanes from classes.size() upwards get zeros.
  std::vector<float> gradient(size_t unit, std::span<const uint8_t> classes) const;

 private:
  struct UnitTrace {
    EvaluationUnit runner;
    AlignedBuffer<float> convolved;  // between two kernels
    std::vector<uint16_t> bits;      // the elements through which the gradient passes
    AlignedBuffer<float> output;
  };

  void forward(size_t unit);
  const float* input(size_t unit) const;
  // From the gradient of the unit's output that of the activation's input; adds that of the sum to `skip`.
  std::vector<float> through_activation(size_t unit, std::span<const float> gradient,
                                        AlignedBuffer<float>* skip) const;

  const Plan& plan_;
  const Weights& weights_;
  AlignedBuffer<float> image_;
  std::vector<UnitTrace> units_;
};

}  // namespace rung::nn

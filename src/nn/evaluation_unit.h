// One unit in evaluation mode: running statistics, no dropout.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "nn/padding.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::nn {

// Batch norm by its running statistics: scale * x + shift by channel. 1 and 0 without it.
struct FoldedNorm {
  explicit FoldedNorm(const Unit& unit);

  void take(const Unit& unit, const Weights& weights);

  std::vector<float> scale;
  std::vector<float> shift;
};

// The unit's output is its input.
inline bool is_idle_in_evaluation(const Unit& unit) {
  return !unit.conv && !unit.activates_in_evaluation();
}

class EvaluationUnit {
 public:
  // `unit` must outlive this object.
  explicit EvaluationUnit(const Unit& unit);

  // Takes these weights over: packs the convolution's, and folds batch norm's running statistics.
  void prepare(const Weights& weights);

  // What run() does: nothing (its output is its input), one kernel, or a convolution and what follows it.
  bool is_idle() const { return is_idle_in_evaluation(unit_); }
  bool has_two_kernels() const { return unit_.conv && unit_.activates_in_evaluation(); }

  // Writes the output of the block x [C][H][W][16] to y [K][PH][PW][16]. `added` is what a sum adds. With two
  // kernels `convolved` gets the values between them, and y may be x. `bits`, unless null, gets one bit for
  // each of these values (see kernels::activation_forward). Precondition: not idle.
  void run(const Weights& weights, const float* x, const float* added, PaddedInput& padded, float* convolved,
           uint16_t* bits, float* y) const;

  const FoldedNorm& norm() const { return norm_; }

 private:
  const Unit& unit_;
  AlignedBuffer<float> packed_;
  FoldedNorm norm_;
};

}  // namespace rung::nn

#include "nn/evaluation_stage.h"

#include <span>

#include "kernels/batch_norm.h"
#include "nn/single.h"

namespace rung::nn {

EvaluationStage::EvaluationStage(const Stage& stage)
    : stage_(stage),
      packed_(stage.conv ? stage.conv->weights() : 0),
      scale_(static_cast<size_t>(stage.activation.channels), 1.0F),
      shift_(scale_.size(), 0.0F) {}

void EvaluationStage::prepare(const Weights& weights) {
  if (stage_.conv)
    kernels::pack_for_forward(*stage_.conv, weights.parameters.data() + stage_.weight, packed_.data());
  if (!stage_.norm) return;
  const auto parameters = std::span(weights.parameters);
  const auto buffers = std::span(weights.buffers);
  const size_t channels = scale_.size();
  kernels::batch_norm_running(
      {parameters.subspan(stage_.norm->weight, channels), parameters.subspan(stage_.norm->bias, channels),
       stage_.norm->eps, stage_.norm->momentum},
      buffers.subspan(stage_.norm->running_mean, channels),
      buffers.subspan(stage_.norm->running_var, channels), scale_, shift_);
}

void EvaluationStage::run(const Weights& weights, const float* x, const float* added, PaddedInput& padded,
                          float* convolved, uint16_t* bits, float* y) const {
  if (stage_.is_single()) return single_forward(stage_, weights.parameters, x, added, y);
  if (stage_.conv) {
    const float* bias = stage_.bias ? weights.parameters.data() + *stage_.bias : nullptr;
    float* result = has_two_kernels() ? convolved : y;
    kernels::conv2d_forward(*stage_.conv, padded.view(*stage_.conv, x), packed_.data(), bias, result);
    x = result;
  }
  if (stage_.activates_in_evaluation())
    kernels::activation_forward(stage_.activation, x, scale_.data(), shift_.data(), bits, y);
}

}  // namespace rung::nn

#include "nn/evaluation_unit.h"

#include <span>

#include "base/require.h"
#include "kernels/batch_norm.h"

namespace rung::nn {

FoldedNorm::FoldedNorm(const Unit& unit)
    : scale(static_cast<size_t>(unit.activation.channels), 1.0F), shift(scale.size(), 0.0F) {}

void FoldedNorm::take(const Unit& unit, const Weights& weights) {
  if (!unit.norm) return;
  const auto parameters = std::span(weights.parameters);
  const auto buffers = std::span(weights.buffers);
  const size_t channels = scale.size();
  kernels::batch_norm_running(
      {parameters.subspan(unit.norm->weight, channels), parameters.subspan(unit.norm->bias, channels),
       unit.norm->eps, unit.norm->momentum},
      buffers.subspan(unit.norm->running_mean, channels), buffers.subspan(unit.norm->running_var, channels),
      scale, shift);
}

EvaluationUnit::EvaluationUnit(const Unit& unit)
    : unit_(unit), packed_(unit.conv ? unit.conv->weights() : 0), norm_(unit) {}

void EvaluationUnit::prepare(const Weights& weights) {
  if (unit_.conv)
    kernels::pack_for_forward(*unit_.conv, weights.parameters.data() + unit_.weight, packed_.data());
  norm_.take(unit_, weights);
}

void EvaluationUnit::run(const Weights& weights, const float* x, const float* added, PaddedInput& padded,
                         float* convolved, uint16_t* bits, float* y) const {
  RUNG_REQUIRE(!is_idle());
  if (unit_.runner) return unit_.runner->forward(weights.parameters, x, y);
  if (unit_.conv) {
    const float* bias = unit_.bias ? weights.parameters.data() + *unit_.bias : nullptr;
    float* result = has_two_kernels() ? convolved : y;
    kernels::conv2d_forward(*unit_.conv, padded.view(*unit_.conv, x), packed_.data(), bias, result,
                            {.relu = unit_.activation.rectified});
    x = result;
  }
  if (unit_.activates_in_evaluation())
    kernels::activation_forward(unit_.activation, {x, norm_.scale.data(), norm_.shift.data(), added}, bits,
                                y);
}

}  // namespace rung::nn

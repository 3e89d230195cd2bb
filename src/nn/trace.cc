#include "nn/trace.h"

#include <algorithm>

#include "nn/padding.h"
#include "nn/single.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

// sum += values; an empty sum is zero.
void accumulate(const std::vector<float>& values, std::vector<float>& sum) {
  sum.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
}

}  // namespace

Trace::Trace(const Plan& plan, const Weights& weights, const float* x)
    : plan_(plan), weights_(weights), image_(group_floats(plan.input)) {
  std::copy_n(x, image_.size(), image_.data());
  for (size_t stage = 0; stage < plan.stages.size(); ++stage) {
    stages_.push_back({EvaluationStage(plan.stages[stage]), {}, {}});
    stages_.back().runner.prepare(weights);
    forward(stage);
  }
}

const float* Trace::input(size_t stage) const {
  return stage == 0 ? image_.data() : stages_[stage - 1].output.data();
}

std::span<const float> Trace::output(size_t stage) const {
  return {stages_[stage].output.data(), group_floats(plan_.stages[stage].output)};
}

void Trace::forward(size_t stage) {
  const Stage& spec = plan_.stages[stage];
  StageTrace& trace = stages_[stage];
  trace.output = AlignedBuffer<float>(group_floats(spec.output));
  if (spec.activation.gates()) trace.bits.assign(spec.activation.elements(), 0xFFFF);
  if (trace.runner.is_idle()) {
    std::copy_n(input(stage), group_floats(spec.output), trace.output.data());
    return;
  }
  AlignedBuffer<float> convolved(trace.runner.has_two_kernels() ? spec.activation.elements() * kLanes : 0);
  PaddedInput padded = spec.conv ? PaddedInput(*spec.conv) : PaddedInput();
  const float* added = spec.addition() == nullptr ? nullptr : input(spec.addition()->stage);
  trace.runner.run(weights_, input(stage), added, padded, convolved.data(),
                   trace.bits.empty() ? nullptr : trace.bits.data(), trace.output.data());
}

std::vector<float> Trace::gradient(size_t stage, std::span<const uint8_t> classes) const {
  std::vector<float> gradient(group_floats(plan_.stages.back().output));
  for (size_t lane = 0; lane < classes.size(); ++lane) gradient[classes[lane] * size_t{kLanes} + lane] = 1;
  std::vector<std::vector<float>> skips(stages_.size());  // gradients of inputs that later stages add
  for (size_t later = stages_.size() - 1; later > stage; --later) {
    const Stage& spec = plan_.stages[later];
    if (const Stage::Addition* addition = spec.addition()) accumulate(gradient, skips[addition->stage]);
    if (spec.activates_in_evaluation()) gradient = through_activation(later, gradient);
    if (spec.conv) {
      std::vector<float> dx(group_floats(spec.input));
      kernels::reference::conv2d_input_gradient(*spec.conv, gradient.data(),
                                                weights_.parameters.data() + spec.weight, dx.data());
      gradient = std::move(dx);
    }
    if (spec.input_is_added) accumulate(skips[later], gradient);
  }
  return gradient;
}

std::vector<float> Trace::through_activation(size_t stage, const std::vector<float>& dy) const {
  const Stage& spec = plan_.stages[stage];
  const kernels::ActivationShape& shape = spec.activation;
  const StageTrace& trace = stages_[stage];
  std::vector<float> dx(shape.elements() * kLanes);
  if (spec.is_single()) {
    single_backward(spec, weights_.parameters, dy.data(), input(stage), dx.data(), nullptr);
    return dx;
  }
  kernels::reference::activation_backward(shape, dy.data(), trace.bits.empty() ? nullptr : trace.bits.data(),
                                          /*passed=*/1, nullptr, nullptr, kLanes,
                                          kernels::dense_view(dx.data(), shape.height, shape.width));
  const size_t plane = static_cast<size_t>(shape.height) * static_cast<size_t>(shape.width) * kLanes;
  for (size_t i = 0; i < dx.size(); ++i) dx[i] *= trace.runner.scale()[i / plane];
  return dx;
}

}  // namespace rung::nn

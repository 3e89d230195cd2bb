#include "nn/trace.h"

#include <algorithm>

#include "nn/padding.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

}  // namespace

Trace::Trace(const Plan& plan, const Weights& weights, const float* x)
    : plan_(plan), weights_(weights), image_(block_floats(plan.input)) {
  std::copy_n(x, image_.size(), image_.data());
  for (size_t unit = 0; unit < plan.units.size(); ++unit) {
    units_.push_back({EvaluationUnit(plan.units[unit]), {}, {}, {}});
    units_.back().runner.prepare(weights);
    forward(unit);
  }
}

const float* Trace::input(size_t unit) const {
  return unit == 0 ? image_.data() : units_[unit - 1].output.data();
}

std::span<const float> Trace::output(size_t unit) const {
  return {units_[unit].output.data(), block_floats(plan_.units[unit].output)};
}

void Trace::forward(size_t unit) {
  const Unit& spec = plan_.units[unit];
  UnitTrace& trace = units_[unit];
  trace.output = AlignedBuffer<float>(block_floats(spec.output));
  if (spec.activation.gates()) trace.bits.assign(spec.activation.elements(), 0xFFFF);
  if (trace.runner.is_idle()) {
    std::copy_n(input(unit), block_floats(spec.output), trace.output.data());
    return;
  }
  if (trace.runner.has_two_kernels())
    trace.convolved = AlignedBuffer<float>(spec.activation.elements() * kLanes);
  PaddedInput padded = spec.conv ? PaddedInput(*spec.conv) : PaddedInput();
  const float* added = spec.addition ? input(spec.addition->unit) : nullptr;
  trace.runner.run(weights_, input(unit), added, padded, trace.convolved.data(),
                   trace.bits.empty() ? nullptr : trace.bits.data(), trace.output.data());
}

std::vector<float> Trace::gradient(size_t unit, std::span<const uint8_t> classes) const {
  std::vector<float> gradient(block_floats(plan_.units.back().output));
  for (size_t lane = 0; lane < classes.size(); ++lane) gradient[classes[lane] * size_t{kLanes} + lane] = 1;
  std::vector<AlignedBuffer<float>> skips;  // gradients of inputs that later units add
  for (const Unit& spec : plan_.units) skips.emplace_back(spec.input_is_added ? block_floats(spec.input) : 0);
  for (size_t later = units_.size() - 1; later > unit; --later) {
    const Unit& spec = plan_.units[later];
    if (spec.activates_in_evaluation())
      gradient = through_activation(later, gradient, spec.addition ? &skips[spec.addition->unit] : nullptr);
    if (spec.conv) {
      std::vector<float> dx(block_floats(spec.input));
      kernels::reference::conv2d_input_gradient(*spec.conv, gradient.data(),
                                                weights_.parameters.data() + spec.weight, dx.data());
      gradient = std::move(dx);
    }
    for (size_t i = 0; i < skips[later].size(); ++i) gradient[i] += skips[later][i];
  }
  return gradient;
}

std::vector<float> Trace::through_activation(size_t unit, std::span<const float> gradient,
                                             AlignedBuffer<float>* skip) const {
  const Unit& spec = plan_.units[unit];
  const UnitTrace& trace = units_[unit];
  const float* x = spec.conv ? trace.convolved.data() : input(unit);
  AlignedBuffer<float> dy(gradient.size());
  std::ranges::copy(gradient, dy.data());
  AlignedBuffer<float> dx(spec.activation.elements() * kLanes);
  if (spec.runner) {
    spec.runner->backward(weights_.parameters, dy.data(), x, dx.data(), nullptr);
    return {dx.data(), dx.data() + dx.size()};
  }
  // First the gradient of the scaled and shifted input, then that of the input.
  kernels::ActivationShape shape = spec.activation;
  shape.rectified = false;
  kernels::activation_backward(
      shape, {.x = x, .scale = trace.runner.norm().scale.data(), .shift = trace.runner.norm().shift.data()},
      {.dy = dy.data(),
       .bits = trace.bits.empty() ? nullptr : trace.bits.data(),
       .added = skip ? skip->data() : nullptr,
       .accumulates = true},
      nullptr, kLanes, kernels::dense_view(dx.data(), shape.height, shape.width));
  const size_t plane = shape.plane() * kLanes;
  for (size_t i = 0; i < dx.size(); ++i)
    dx[i] = spec.activation.rectified && x[i] <= 0 ? 0 : dx[i] * trace.runner.norm().scale[i / plane];
  return {dx.data(), dx.data() + dx.size()};
}

}  // namespace rung::nn

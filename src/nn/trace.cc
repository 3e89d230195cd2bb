#include "nn/trace.h"

#include <algorithm>

#include "nn/lone_unit.h"
#include "nn/padding.h"

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
    : plan_(plan), weights_(weights), image_(block_floats(plan.input)) {
  std::copy_n(x, image_.size(), image_.data());
  for (size_t unit = 0; unit < plan.units.size(); ++unit) {
    units_.push_back({EvaluationUnit(plan.units[unit]), {}, {}});
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
  AlignedBuffer<float> convolved(trace.runner.has_two_kernels() ? spec.activation.elements() * kLanes : 0);
  PaddedInput padded = spec.conv ? PaddedInput(*spec.conv) : PaddedInput();
  const float* added = spec.addition ? input(spec.addition->unit) : nullptr;
  trace.runner.run(weights_, input(unit), added, padded, convolved.data(),
                   trace.bits.empty() ? nullptr : trace.bits.data(), trace.output.data());
}

std::vector<float> Trace::gradient(size_t unit, std::span<const uint8_t> classes) const {
  std::vector<float> gradient(block_floats(plan_.units.back().output));
  for (size_t lane = 0; lane < classes.size(); ++lane) gradient[classes[lane] * size_t{kLanes} + lane] = 1;
  std::vector<std::vector<float>> skips(units_.size());  // gradients of inputs that later units add
  for (size_t later = units_.size() - 1; later > unit; --later) {
    const Unit& spec = plan_.units[later];
    if (spec.addition) accumulate(gradient, skips[spec.addition->unit]);
    if (spec.activates_in_evaluation()) gradient = through_activation(later, gradient);
    if (spec.conv) {
      std::vector<float> dx(block_floats(spec.input));
      kernels::reference::conv2d_input_gradient(*spec.conv, gradient.data(),
                                                weights_.parameters.data() + spec.weight, dx.data());
      gradient = std::move(dx);
    }
    if (spec.input_is_added) accumulate(skips[later], gradient);
  }
  return gradient;
}

std::vector<float> Trace::through_activation(size_t unit, const std::vector<float>& dy) const {
  const Unit& spec = plan_.units[unit];
  const kernels::ActivationShape& shape = spec.activation;
  const UnitTrace& trace = units_[unit];
  std::vector<float> dx(shape.elements() * kLanes);
  if (spec.runs_alone()) {
    backward_alone(spec, weights_.parameters, dy.data(), input(unit), dx.data(), nullptr);
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

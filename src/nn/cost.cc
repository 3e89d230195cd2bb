#include "nn/cost.h"

#include <fmt/format.h>

namespace rung::nn {
namespace {

constexpr double kFloat = sizeof(float);

double macs(const Unit& unit) {
  if (!unit.conv) return 0;
  return static_cast<double>(unit.conv->weights()) * unit.conv->out_height() * unit.conv->out_width();
}

// Bytes of one image's values.
double bytes_in(const Unit& unit) {
  return kFloat * static_cast<double>(unit.input.elements());
}
double bytes_between(const Unit& unit) {  // convolution and activation
  return kFloat * static_cast<double>(unit.activation.elements());
}
double bytes_out(const Unit& unit) {
  return kFloat * static_cast<double>(unit.output.elements());
}
double bytes_of_bits(const Unit& unit) {
  return unit.has_bits() ? static_cast<double>(unit.activation.elements()) / 8 : 0;
}
double bytes_of_sum(const Unit& unit) {  // what is added, or its gradient
  return unit.addition ? bytes_between(unit) : 0;
}
// The gradient reads the values again.
double bytes_read_again(const Unit& unit) {
  return unit.norm || unit.activation.function || unit.activation.rectified ? bytes_between(unit) : 0;
}

}  // namespace

Cost cost_of_loading(const Unit& unit) {
  return {0, bytes_in(unit)};
}

Cost cost_of_convolving(const Unit& unit) {
  return {2 * macs(unit), bytes_in(unit) + (unit.conv ? bytes_between(unit) : 0)};
}

Cost cost_of_activating(const Unit& unit) {
  return {0, bytes_between(unit) + bytes_of_sum(unit) + bytes_of_bits(unit) + bytes_out(unit)};
}

Cost cost_of_gradient_sums(const Unit& unit) {
  const double gradient = unit.activation.function ? bytes_out(unit) : 0;  // written in the output's place
  return {0, bytes_out(unit) + gradient + bytes_of_bits(unit) + bytes_of_sum(unit) + bytes_read_again(unit)};
}

Cost cost_of_skip_gradient(const Unit& unit) {
  return {0, 3 * bytes_out(unit)};
}

Cost cost_of_activation_gradient(const Unit& unit) {
  const double out = bytes_out(unit);
  if (unit.runner) return {0, out + 2 * bytes_between(unit)};
  const double sum = unit.norm ? 0 : bytes_of_sum(unit);
  return {0, out + bytes_of_bits(unit) + sum + bytes_read_again(unit) + bytes_between(unit)};
}

Cost cost_of_convolution_gradient(const Unit& unit) {
  return {2 * macs(unit), bytes_between(unit) + bytes_in(unit)};
}

double training_flop(const Plan& plan) {
  double flop = 0;
  for (size_t s = 0; s < plan.units.size(); ++s) flop += 2 * macs(plan.units[s]) * (s == 0 ? 2 : 3);
  return flop;
}

std::string describe(const Unit& unit) {
  std::string text;
  const auto add = [&](const std::string& part) { text += text.empty() ? part : ", " + part; };
  if (unit.conv) {
    const kernels::ConvShape& conv = *unit.conv;
    add(fmt::format("{}→{} {}×{}{}", conv.in_channels, conv.out_channels, conv.kernel_h, conv.kernel_w,
                    conv.groups == 1 ? "" : fmt::format(" in {} groups", conv.groups)));
  }
  if (unit.activation.rectified) add("relu");
  if (unit.norm) add("norm");
  if (unit.addition) add("add");
  if (unit.dropout > 0) add(unit.drops_channels ? "dropout2d" : "dropout");
  if (unit.activation.relu) add("relu");
  if (unit.activation.function) add(std::string(name_of(*unit.activation.function)));
  if (unit.activation.pooling != kernels::Pooling::kNone) add("pool");
  if (unit.runner) add(unit.runner->describe());
  return text;
}

}  // namespace rung::nn

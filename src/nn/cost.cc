#include "nn/cost.h"

#include <fmt/format.h>

namespace rung::nn {
namespace {

double value_bytes(bool pairs) {
  return pairs ? sizeof(kernels::Bf16Pair) / 2.0 : sizeof(float);
}

double macs(const Unit& unit) {
  if (!unit.conv) return 0;
  return static_cast<double>(unit.conv->weights()) * unit.conv->out_height() * unit.conv->out_width();
}

// Bytes of one image's values.
double bytes_in(const Unit& unit, const UnitStorage& storage) {
  return value_bytes(storage.input_pairs) * static_cast<double>(unit.input.elements());
}
double bytes_between(const Unit& unit, const UnitStorage& storage) {  // convolution and activation
  return value_bytes(storage.pairs) * static_cast<double>(unit.activation.elements());
}
double bytes_out(const Unit& unit, const UnitStorage& storage) {
  return value_bytes(storage.pairs) * static_cast<double>(unit.output.elements());
}
double bytes_of_bits(const Unit& unit) {
  return unit.has_bits() ? static_cast<double>(unit.activation.elements()) / 8 : 0;
}
double bytes_of_sum(const Unit& unit, const UnitStorage& storage) {  // what is added, or its gradient
  return unit.addition ? bytes_between(unit, storage) : 0;
}
// The gradient reads the values again.
double bytes_read_again(const Unit& unit, const UnitStorage& storage) {
  return unit.norm || unit.activation.function || unit.activation.rectified ? bytes_between(unit, storage)
                                                                            : 0;
}

}  // namespace

Cost cost_of_loading(const Unit& unit, const UnitStorage& storage) {
  return {0, bytes_in(unit, storage)};
}

Cost cost_of_convolving(const Unit& unit, const UnitStorage& storage) {
  return {2 * macs(unit), bytes_in(unit, storage) + (unit.conv ? bytes_between(unit, storage) : 0)};
}

Cost cost_of_activating(const Unit& unit, const UnitStorage& storage) {
  return {0, bytes_between(unit, storage) + bytes_of_sum(unit, storage) + bytes_of_bits(unit) +
                 bytes_out(unit, storage)};
}

Cost cost_of_gradient_sums(const Unit& unit, const UnitStorage& storage) {
  const double gradient =
      unit.activation.function ? bytes_out(unit, storage) : 0;  // written in the output's place
  return {0, bytes_out(unit, storage) + gradient + bytes_of_bits(unit) + bytes_of_sum(unit, storage) +
                 bytes_read_again(unit, storage)};
}

Cost cost_of_skip_gradient(const Unit& unit, const UnitStorage& storage) {
  return {0, 3 * bytes_out(unit, storage)};
}

Cost cost_of_activation_gradient(const Unit& unit, const UnitStorage& storage) {
  const double out = bytes_out(unit, storage);
  if (unit.runner) return {0, out + 2 * bytes_between(unit, storage)};
  const double sum = unit.norm ? 0 : bytes_of_sum(unit, storage);
  return {0,
          out + bytes_of_bits(unit) + sum + bytes_read_again(unit, storage) + bytes_between(unit, storage)};
}

Cost cost_of_convolution_gradient(const Unit& unit, const UnitStorage& storage) {
  return {2 * macs(unit), bytes_between(unit, storage) + bytes_in(unit, storage)};
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

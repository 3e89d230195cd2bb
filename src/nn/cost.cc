#include "nn/cost.h"

#include <fmt/format.h>

namespace rung::nn {
namespace {

constexpr double kFloat = sizeof(float);

double macs(const Stage& stage) {
  if (!stage.conv) return 0;
  return static_cast<double>(stage.conv->weights()) * stage.conv->out_height() * stage.conv->out_width();
}

// Bytes of one image's values.
double bytes_in(const Stage& stage) {
  return kFloat * static_cast<double>(stage.input.elements());
}
double bytes_between(const Stage& stage) {  // convolution and activation
  return kFloat * static_cast<double>(stage.activation.elements());
}
double bytes_out(const Stage& stage) {
  return kFloat * static_cast<double>(stage.output.elements());
}
double bytes_of_bits(const Stage& stage) {
  return stage.has_bits() ? static_cast<double>(stage.activation.elements()) / 8 : 0;
}
double bytes_of_norm(const Stage& stage) {  // whose gradient reads the values again
  return stage.norm ? bytes_between(stage) : 0;
}

}  // namespace

Cost cost_of_loading(const Stage& stage) {
  return {0, bytes_in(stage)};
}

Cost cost_of_convolving(const Stage& stage) {
  return {2 * macs(stage), bytes_in(stage) + (stage.conv ? bytes_between(stage) : 0)};
}

Cost cost_of_activating(const Stage& stage) {
  if (stage.addition() != nullptr) return {0, 3 * bytes_out(stage)};
  return {0, bytes_between(stage) + bytes_of_bits(stage) + bytes_out(stage)};
}

Cost cost_of_gradient_sums(const Stage& stage) {
  return {0, bytes_out(stage) + bytes_of_bits(stage) + bytes_of_norm(stage)};
}

Cost cost_of_skip_gradient(const Stage& stage) {
  return {0, 3 * bytes_out(stage)};
}

Cost cost_of_activation_gradient(const Stage& stage) {
  const double out = bytes_out(stage);
  if (stage.addition() != nullptr) return {0, 3 * out};  // read, passed on and kept for what was added
  if (std::holds_alternative<kernels::PoolShape>(stage.single)) return {0, out + 2 * bytes_between(stage)};
  if (stage.is_single()) return {0, 2 * out + bytes_between(stage)};
  return {0, out + bytes_of_bits(stage) + bytes_of_norm(stage) + bytes_between(stage)};
}

Cost cost_of_convolution_gradient(const Stage& stage) {
  return {2 * macs(stage), bytes_between(stage) + bytes_in(stage)};
}

double training_flop(const Plan& plan) {
  double flop = 0;
  for (size_t s = 0; s < plan.stages.size(); ++s) flop += 2 * macs(plan.stages[s]) * (s == 0 ? 2 : 3);
  return flop;
}

std::string describe(const Stage& stage) {
  std::string text;
  const auto add = [&](const std::string& part) { text += text.empty() ? part : ", " + part; };
  if (stage.conv) {
    const kernels::ConvShape& conv = *stage.conv;
    add(fmt::format("{}→{} {}×{}{}", conv.in_channels, conv.out_channels, conv.kernel_h, conv.kernel_w,
                    conv.groups == 1 ? "" : fmt::format(" in {} groups", conv.groups)));
  }
  if (stage.norm) add("norm");
  if (stage.dropout > 0) add(stage.drops_channels ? "dropout2d" : "dropout");
  if (stage.activation.relu) add("relu");
  if (stage.activation.pooling != kernels::Pooling::kNone ||
      std::holds_alternative<kernels::PoolShape>(stage.single))
    add("pool");
  if (const auto* relu = std::get_if<Stage::LeakyRelu>(&stage.single))
    add(relu->learnt > 0 ? "prelu" : "leaky relu");
  if (const auto* function = std::get_if<kernels::Function>(&stage.single))
    add(std::string(name_of(*function)));
  if (std::holds_alternative<Stage::GroupNorm>(stage.single)) add("group norm");
  if (stage.addition() != nullptr) add("add");
  return text;
}

}  // namespace rung::nn

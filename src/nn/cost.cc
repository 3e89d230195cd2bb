#include "nn/cost.h"

#include <fmt/format.h>

namespace rung::nn {
namespace {

double macs(const Stage& stage) {
  if (!stage.conv) return 0;
  return static_cast<double>(stage.conv->weights()) * stage.conv->out_height() * stage.conv->out_width();
}

}  // namespace

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

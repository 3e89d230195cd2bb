#include "nn/cost.h"

#include <fmt/format.h>

namespace rung::nn {
namespace {

constexpr double kFloat = sizeof(float);
constexpr double kBit = 1.0 / 8;

double macs(const Stage& stage) {
  if (!stage.conv) return 0;
  return static_cast<double>(stage.conv->weights()) * stage.conv->out_height() * stage.conv->out_width();
}

}  // namespace

Cost cost_of(const Plan& plan, Step step, size_t index) {
  const Stage& stage = plan.stages[index];
  const double in = kFloat * static_cast<double>(stage.input.elements());
  const double middle = kFloat * static_cast<double>(stage.activation.elements());
  const double out = kFloat * static_cast<double>(stage.output.elements());
  const double bits = stage.has_bits() ? kBit * static_cast<double>(stage.activation.elements()) : 0;
  const double norm = stage.norm ? middle : 0;  // batch norm's gradient reads the values again
  switch (step) {
    case Step::kLoad:
      return {0, kFloat * static_cast<double>(plan.input.elements())};
    case Step::kConvolve:
      return {2 * macs(stage), in + (stage.conv ? middle : 0)};
    case Step::kActivate:
      if (stage.addition() != nullptr) return {0, 3 * out};
      return {0, middle + bits + out};
    case Step::kGradientSums:
      return {0, out + bits + norm};
    case Step::kSkipGradient:
      return {0, 3 * out};
    case Step::kActivationGradient:
      if (stage.addition() != nullptr) return {0, 3 * out};  // read, passed on and kept for what was added
      if (std::holds_alternative<kernels::PoolShape>(stage.single)) return {0, out + 2 * middle};
      if (stage.is_single()) return {0, 2 * out + middle};
      return {0, out + bits + norm + middle};
    case Step::kWeightGradient:
    case Step::kInputGradient:
      return {2 * macs(stage), middle + in};
    default:
      return {};
  }
}

double training_flop(const Plan& plan) {
  double flop = 0;
  for (size_t s = 0; s < plan.stages.size(); ++s) flop += 2 * macs(plan.stages[s]) * (s == 0 ? 2 : 3);
  return flop;
}

std::string_view name_of(Step step) {
  switch (step) {
    case Step::kPackWeights:
      return "pack weights";
    case Step::kLoad:
      return "load images";
    case Step::kConvolve:
      return "convolve";
    case Step::kStatistics:
      return "statistics";
    case Step::kActivate:
      return "activate";
    case Step::kLoss:
      return "loss";
    case Step::kGradientSums:
      return "gradient sums";
    case Step::kNormGradient:
      return "norm gradient";
    case Step::kSkipGradient:
      return "skip gradient";
    case Step::kActivationGradient:
      return "activation gradient";
    case Step::kWeightGradient:
      return "weight gradient";
    case Step::kInputGradient:
      return "input gradient";
    case Step::kSumGradients:
      return "sum gradients";
  }
  return "";
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
  if (stage.dropout > 0) add("dropout");
  if (stage.activation.relu) add("relu");
  if (stage.activation.pooling != kernels::Pooling::kNone ||
      std::holds_alternative<kernels::PoolShape>(stage.single))
    add("pool");
  if (const auto* relu = std::get_if<Stage::LeakyRelu>(&stage.single))
    add(relu->learnt > 0 ? "prelu" : "leaky relu");
  if (std::holds_alternative<Stage::Silu>(stage.single)) add("silu");
  if (stage.addition() != nullptr) add("add");
  return text;
}

}  // namespace rung::nn

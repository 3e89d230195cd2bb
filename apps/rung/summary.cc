// rung summary RECIPE: the model as torchsummary prints it, with receptive fields, MACs and activation sizes.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "commands.h"
#include "ladder/changes.h"
#include "nn/infer.h"
#include "options.h"
#include "terminal.h"

namespace rung::app {
namespace {

using ladder::with_commas;

constexpr int kWidth = 94;
constexpr double kMebibyte = 1024.0 * 1024.0;

std::string field_text(nn::Size2 field) {
  return field.h == field.w ? std::to_string(field.h) : fmt::format("{}x{}", field.h, field.w);
}

std::string size_text(int64_t bytes) {
  return bytes < 1024 ? fmt::format("{} B", bytes)
                      : fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
}

void print_layers(const nn::ModelSpec& model, const nn::ModelInfo& info) {
  say("{:-<{}}\n", "", kWidth);
  say("{:>22} {:>22} {:>10} {:>10} {:>12} {:>13}\n", "Layer (type)", "Output Shape", "Param #", "Receptive",
      "MACs", "Activation");
  say("{:=<{}}\n", "", kWidth);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const nn::LayerInfo& layer = info.layers[i];
    say("{:>22} {:>22} {:>10} {:>10} {:>12} {:>13}\n",
        fmt::format("{}-{}", nn::torch_name(model.layers[i]), i + 1),
        fmt::format("[-1, {}, {}, {}]", layer.output.channels, layer.output.height, layer.output.width),
        with_commas(layer.params), field_text(layer.receptive_field), with_commas(layer.macs),
        size_text(layer.activation_bytes));
  }
  say("{:=<{}}\n", "", kWidth);
}

// The largest number of parameters that the recipe's targets allow.
std::optional<int64_t> budget(const recipe::Recipe& recipe) {
  std::optional<int64_t> limit;
  for (const recipe::Target& target : recipe.targets) {
    const auto* bound = std::get_if<double>(&target.bound);
    if (target.metric != recipe::Metric::kParams || bound == nullptr) continue;
    if (target.comparison != recipe::Comparison::kBelow && target.comparison != recipe::Comparison::kAtMost)
      continue;
    const auto most =
        static_cast<int64_t>(*bound) - (target.comparison == recipe::Comparison::kBelow ? 1 : 0);
    limit = std::min(limit.value_or(most), most);
  }
  return limit;
}

void print_totals(const recipe::Recipe& recipe, const nn::ModelInfo& info) {
  const nn::Shape& input = recipe.model.input;
  const double input_mib = 4.0 * input.channels * input.height * input.width / kMebibyte;
  const double params_mib = 4.0 * static_cast<double>(info.params) / kMebibyte;
  const double activations_mib =
      2.0 * static_cast<double>(info.activation_bytes) / kMebibyte;  // values and gradients
  say("Total params: {}\n", with_commas(info.params));
  say("Trainable params: {}\n", with_commas(info.params));
  say("Non-trainable params: 0\n");
  if (const auto limit = budget(recipe)) {
    say("Parameter budget: {} of {} used ({:.1f}%)\n", with_commas(info.params), with_commas(*limit),
        100.0 * static_cast<double>(info.params) / static_cast<double>(std::max<int64_t>(1, *limit)));
  }
  say("MACs per image: {} (forward)\n", with_commas(info.macs));
  say("{:-<{}}\n", "", kWidth);
  say("Input size (MB): {:.2f}\n", input_mib);
  say("Forward/backward pass size (MB): {:.2f}\n", activations_mib);
  say("Params size (MB): {:.2f}\n", params_mib);
  say("Estimated Total Size (MB): {:.2f}\n", input_mib + activations_mib + params_mib);
  say("{:-<{}}\n", "", kWidth);
}

void summary(const std::string& path) {
  const recipe::Recipe recipe = recipe::load(find_recipe(path));
  const nn::ModelInfo info = nn::infer(recipe.model);
  say("{}\n", recipe.title);
  print_layers(recipe.model, info);
  print_totals(recipe, info);
}

}  // namespace

void add_summary(CLI::App& app) {
  auto recipe = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("summary", "Show a recipe's model: shapes, parameters, receptive fields, MACs");
  command->add_option("RECIPE", *recipe, "A recipe's file, or the name of one of the ladder's (step3)")
      ->required();
  command->footer("Example:\n  rung summary step5");
  command->callback([recipe] { summary(*recipe); });
}

}  // namespace rung::app

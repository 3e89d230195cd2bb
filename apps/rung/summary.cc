// rung summary RECIPE: the model as torchsummary prints it, with receptive fields, MACs and activation sizes,
// and advice; with --target also what its export in integers takes on chips.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "chip/footprint.h"
#include "commands.h"
#include "ladder/advice.h"
#include "ladder/judge.h"
#include "ladder/markdown.h"
#include "nn/infer.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

namespace rung::app {
namespace {

using nlohmann::ordered_json;

constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr int kGap = 1;

constexpr const char* kAllTargets = "all";

struct Options {
  std::string recipe;
  std::vector<std::string> targets;
  std::optional<int> weight_bits;
  OutputOptions output;
};

// The model in integers, and what it takes on a chip.
struct OnTarget {
  const chip::Processor* target;
  chip::Footprint footprint;
};
struct Integers {
  int weight_bits = 8;
  int64_t weights = 0;  // bytes
  int64_t constants = 0;
  std::vector<OnTarget> targets;
};

Integers integers_of(const recipe::Recipe& recipe, const Options& options) {
  const chip::Layout layout = ladder::layout_of(recipe, options.weight_bits);
  Integers result{layout.weight_bits, std::ssize(layout.weights), chip::sizes_of(layout).constants, {}};
  const bool all = std::ranges::find(options.targets, kAllTargets) != options.targets.end();
  for (const chip::Processor& target : chip::processors()) {
    if (all || std::ranges::find(options.targets, target.name) != options.targets.end())
      result.targets.push_back({&target, chip::footprint_of(layout, target)});
  }
  return result;
}

std::string field_text(nn::Size2 field) {
  return field.h == field.w ? std::to_string(field.h) : fmt::format("{}x{}", field.h, field.w);
}

std::string size_text(int64_t bytes) {
  return bytes < 1024 ? fmt::format("{} B", bytes)
                      : fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
}

// With torchsummary's column widths if they fit.
Table layer_table(const nn::ModelSpec& model, const nn::ModelInfo& info) {
  Table table({{.head = "Layer (type)", .width = 22},
               {.head = "Output Shape", .rank = 1, .width = 22},
               {.head = "Param #", .width = 10},
               {.head = "Receptive", .rank = 2, .width = 10},
               {.head = "MACs", .rank = 3, .width = 12},
               {.head = "Activation", .rank = 4, .width = 13}});
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const nn::LayerInfo& layer = info.layers[i];
    table.add(
        {nn::numbered_name(model, i),
         fmt::format("[-1, {}, {}, {}]", layer.output.channels, layer.output.height, layer.output.width),
         with_commas(layer.params), field_text(layer.receptive_field), with_commas(layer.macs),
         size_text(layer.activation_bytes)});
  }
  return table;
}

void print_layers(const Table& table, int width) {
  const auto lines = table.lines(width, kGap);
  say("{:-<{}}\n", "", width);
  say_line(lines.front());
  say("{:=<{}}\n", "", width);
  for (size_t line = 1; line < lines.size(); ++line) say_line(lines[line]);
  say("{:=<{}}\n", "", width);
}

void print_totals(const recipe::Recipe& recipe, const nn::ModelInfo& info, int width) {
  const nn::Shape& input = recipe.model.input;
  const double input_mib = 4.0 * input.channels * input.height * input.width / kMebibyte;
  const double params_mib = 4.0 * static_cast<double>(info.params) / kMebibyte;
  const double activations_mib =
      2.0 * static_cast<double>(info.activation_bytes) / kMebibyte;  // values and gradients
  say("Total params: {}\n", with_commas(info.params));
  say("Trainable params: {}\n", with_commas(info.params));
  say("Non-trainable params: 0\n");
  if (const auto limit = ladder::parameter_budget(recipe)) {
    say("Parameter budget: {} of {} used ({:.1f}%)\n", with_commas(info.params), with_commas(*limit),
        100.0 * static_cast<double>(info.params) / static_cast<double>(std::max<int64_t>(1, *limit)));
  }
  for (const ladder::TargetResult& budget : ladder::chip_budgets(recipe))
    say("Budget: {}: {}\n", budget.target.text, ladder::metric_text(budget.target.metric, budget.value));
  say("MACs per image: {} (forward)\n", with_commas(info.macs));
  say("{:-<{}}\n", "", width);
  say("Input size (MB): {:.2f}\n", input_mib);
  say("Forward/backward pass size (MB): {:.2f}\n", activations_mib);
  say("Params size (MB): {:.2f}\n", params_mib);
  say("Estimated Total Size (MB): {:.2f}\n", input_mib + activations_mib + params_mib);
  say("{:-<{}}\n", "", width);
}

void print_advice(const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences) {
    for (const std::string& line : wrapped("- " + sentence, talk_columns(), 2)) say_line(Line(line));
  }
}

// "34 % of flash and 76 % of memory", or more than there is.
std::string fill_text(const OnTarget& on) {
  const chip::Chip& chip = on.target->chip;
  if (chip.flash == 0) return "";
  const auto share = [](int64_t part, int64_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  return fmt::format("{} ({} KiB, {} KiB): {:.0f} % of flash, {:.0f} % of RAM", chip.name, chip.flash / 1024,
                     chip.ram / 1024, share(on.footprint.flash, chip.flash),
                     share(on.footprint.ram + on.footprint.stack, chip.ram));
}

void print_integers(const Integers& integers, const Options& options, int width) {
  if (options.targets.empty()) return;
  say("Exported to C with {}-bit weights: {} bytes of weights, {} of all constants\n", integers.weight_bits,
      with_commas(integers.weights), with_commas(integers.constants));
  Table table({{.head = "Target", .left = true},
               {.head = "Flash"},
               {.head = "RAM"},
               {.head = "Stack"},
               {.head = "Of a known chip (flash, RAM with the stack)", .left = true, .rank = 1}});
  for (const OnTarget& on : integers.targets)
    table.add({std::string(on.target->title), with_commas(on.footprint.flash), with_commas(on.footprint.ram),
               with_commas(on.footprint.stack), fill_text(on)});
  for (const Line& line : table.lines(talk_columns())) say_line(line);
  say("{:-<{}}\n", "", width);
}

ordered_json to_json(const Integers& integers) {
  ordered_json targets = ordered_json::array();
  for (const auto& [target, footprint] : integers.targets)
    targets.push_back({{"target", target->name},
                       {"flash_bytes", footprint.flash},
                       {"ram_bytes", footprint.ram},
                       {"stack_bytes", footprint.stack}});
  return {{"weight_bits", integers.weight_bits},
          {"weight_bytes", integers.weights},
          {"constant_bytes", integers.constants},
          {"targets", targets}};
}

ordered_json layer_json(const nn::ModelSpec& model, size_t index, const nn::LayerInfo& layer) {
  return {{"name", nn::numbered_name(model, index)},
          {"type", nn::recipe_name(model.layers[index])},
          {"output_shape", {layer.output.channels, layer.output.height, layer.output.width}},
          {"params", layer.params},
          {"receptive_field", {layer.receptive_field.h, layer.receptive_field.w}},
          {"macs", layer.macs},
          {"activation_bytes", layer.activation_bytes}};
}

ordered_json to_json(const recipe::Recipe& recipe, const nn::ModelInfo& info) {
  const nn::Shape& input = recipe.model.input;
  const auto budget = ladder::parameter_budget(recipe);
  ordered_json layers = ordered_json::array();
  for (size_t i = 0; i < info.layers.size(); ++i)
    layers.push_back(layer_json(recipe.model, i, info.layers[i]));
  return {{"recipe", recipe.name},
          {"title", recipe.title},
          {"input_shape", {input.channels, input.height, input.width}},
          {"classes", recipe.model.classes},
          {"params", info.params},
          {"parameter_budget", budget ? ordered_json(*budget) : nullptr},
          {"macs", info.macs},
          {"activation_bytes", info.activation_bytes},
          {"layers", layers},
          {"advice", ladder::advise(recipe, info)}};
}

void summary(const Options& options) {
  options.output.apply();
  const recipe::Recipe recipe = recipe::load(find_recipe(options.recipe));
  const nn::ModelInfo info = nn::infer(recipe.model);
  const Integers integers = options.targets.empty() ? Integers{} : integers_of(recipe, options);
  if (options.output.json) {
    ordered_json json = to_json(recipe, info);
    if (!options.targets.empty()) json["c"] = to_json(integers);
    return write_json(json);
  }
  const Table table = layer_table(recipe.model, info);
  const int width = table.width(talk_columns(), kGap);
  say_line(Line(recipe.title, Colour::kBold));
  print_layers(table, width);
  print_totals(recipe, info, width);
  print_integers(integers, options, width);
  print_advice(ladder::advise(recipe, info));
}

// The names that --target takes.
std::vector<std::string> target_names() {
  std::vector<std::string> names{kAllTargets};
  for (const chip::Processor& target : chip::processors()) names.emplace_back(target.name);
  return names;
}

}  // namespace

void add_summary(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("summary", "Show a recipe's model, its size, and advice");
  command->add_option("RECIPE", options->recipe, "A recipe's file, or the name of one of Rung's own (step3)")
      ->required();
  CLI::Option* target =
      command
          ->add_option("--target", options->targets,
                       "Also what its export to C takes on this chip (may be repeated), before it is trained")
          ->check(CLI::IsMember(target_names()))
          ->allow_extra_args(false)
          ->type_name("TARGET");
  add_weight_bits(*command, options->weight_bits)->needs(target);
  options->output.add_to(*command);
  command->footer("Example:\n  rung summary step5\n  rung summary small --target avr --target cortex-m0");
  command->callback([options] { summary(*options); });
}

}  // namespace rung::app

// rung summary RECIPE: the model as torchsummary prints it, with receptive fields, MACs and activation sizes,
// and advice.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "commands.h"
#include "ladder/advice.h"
#include "nn/infer.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

namespace rung::app {
namespace {

using nlohmann::ordered_json;

constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr int kGap = 1;

struct Options {
  std::string recipe;
  OutputOptions output;
};

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
  if (options.output.json) return write_json(to_json(recipe, info));
  const Table table = layer_table(recipe.model, info);
  const int width = table.width(talk_columns(), kGap);
  say_line(Line(recipe.title, Colour::kBold));
  print_layers(table, width);
  print_totals(recipe, info, width);
  print_advice(ladder::advise(recipe, info));
}

}  // namespace

void add_summary(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("summary", "Show a recipe's model, its size, and advice");
  command->add_option("RECIPE", options->recipe, "A recipe's file, or the name of one of Rung's own (step3)")
      ->required();
  options->output.add_to(*command);
  command->footer("Example:\n  rung summary step5");
  command->callback([options] { summary(*options); });
}

}  // namespace rung::app

// rung lr-find RECIPE
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "commands.h"
#include "ladder/run.h"
#include "ladder/teacher.h"
#include "options.h"
#include "terminal.h"
#include "train/lr_range.h"

namespace rung::app {
namespace {

constexpr size_t kRows = 24;
constexpr size_t kBarColumns = 40;

struct Options {
  std::string recipe;
  train::LrRange range;
  std::optional<uint64_t> seed;
  std::string out;
  EngineOptions engine;
  OutputOptions output;
};

std::string bar(double part) {
  return std::string(static_cast<size_t>(std::clamp(part, 0.0, 1.0) * kBarColumns), '#');
}

// Every n-th point, with a bar scaled from the lowest loss to the first.
void show(const std::vector<train::LrPoint>& curve) {
  const auto [lowest, highest] = std::minmax_element(
      curve.begin(), curve.end(), [](const auto& a, const auto& b) { return a.smoothed < b.smoothed; });
  const double top = std::min(highest->smoothed, 2 * curve.front().smoothed);
  const size_t step = std::max<size_t>(1, curve.size() / kRows);
  say("{:>13}  {:>13}\n", "learning rate", "smoothed loss");
  for (size_t i = 0; i < curve.size(); i += step) {
    const double part = (curve[i].smoothed - lowest->smoothed) / std::max(top - lowest->smoothed, 1e-12);
    say("{:>13.3g}  {:>13.4f}  {}\n", curve[i].lr, curve[i].smoothed, bar(part));
  }
}

void write_table(const std::string& file, const std::vector<train::LrPoint>& curve) {
  std::string text = "lr\tloss\tsmoothed_loss\n";
  for (const train::LrPoint& point : curve)
    text += fmt::format("{}\t{}\t{}\n", point.lr, point.loss, point.smoothed);
  write_output(file, text);
}

using Curve = std::vector<train::LrPoint>;

const train::LrPoint& lowest_of(const Curve& curve) {
  return *std::min_element(curve.begin(), curve.end(),
                           [](const auto& a, const auto& b) { return a.smoothed < b.smoothed; });
}

nlohmann::ordered_json to_json(const recipe::Recipe& recipe, const Curve& curve) {
  const auto json_of = [](const train::LrPoint& point) -> nlohmann::ordered_json {
    return {{"lr", point.lr}, {"loss", point.loss}, {"smoothed_loss", point.smoothed}};
  };
  const auto suggestion = train::suggested(curve);
  nlohmann::ordered_json json{{"recipe", recipe.name}, {"seed", recipe.seed}};
  json["suggested_lr"] = suggestion ? nlohmann::ordered_json(suggestion->lr) : nullptr;
  json["lowest"] = json_of(lowest_of(curve));
  json["curve"] = nlohmann::ordered_json::array();
  for (const train::LrPoint& point : curve) json["curve"].push_back(json_of(point));
  return json;
}

void say_results(const Curve& curve, int batches) {
  show(curve);
  const train::LrPoint& lowest = lowest_of(curve);
  say("\n{}; the smoothed loss is lowest, {:.4f}, at learning rate {:.3g}\n", counted(curve.size(), "batch"),
      lowest.smoothed, lowest.lr);
  if (const auto point = train::suggested(curve)) {
    say("Suggestion: {:.3g}, where it falls fastest\n", point->lr);
  } else if (curve.size() >= train::kShortestCurve) {
    say("No suggestion: after the first ten batches the smoothed loss does not fall; try other rates or more "
        "batches\n");
  } else if (curve.size() == static_cast<size_t>(batches)) {
    say("No suggestion: too few batches to judge; give --batches at least {}\n", train::kShortestCurve);
  } else {
    say("No suggestion: too few batches to judge before the loss became too high; at least {} are needed, so "
        "lower --min-lr or --max-lr\n",
        train::kShortestCurve);
  }
}

void lr_find(const Options& options) {
  options.output.apply();
  if (options.range.min_lr >= options.range.max_lr)
    throw UsageError(
        fmt::format("the rates from {} to {} do not rise", options.range.min_lr, options.range.max_lr),
        "give a --max-lr above --min-lr");
  recipe::Recipe recipe = recipe::load(find_recipe(options.recipe));
  recipe.seed = options.seed.value_or(recipe.seed);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe);
  const auto curve =
      train::test_lr_range(ladder::experiment_with_teachers(recipe), data, pool, options.range);
  if (curve.empty())
    throw DivergedError(fmt::format("the loss of the first batch is NaN or infinite at learning rate {}",
                                    options.range.min_lr),
                        "give a lower --min-lr");
  if (!options.out.empty()) write_table(options.out, curve);
  if (options.output.json) return write_json(to_json(recipe, curve));
  say_results(curve, options.range.batches);
}

std::string is_lr(const std::string& text) {
  double lr = 0;
  if (CLI::detail::lexical_cast(text, lr) && lr > 0 && lr <= 1e6) return "";
  return fmt::format("{} is not a learning rate (a number above 0 and at most 1e6)", text);
}

}  // namespace

void add_lr_find(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("lr-find", "Find a good learning rate");
  command->add_option("RECIPE", options->recipe, "A recipe's file, or the name of one of Rung's own (step3)")
      ->required();
  command->add_option("--min-lr", options->range.min_lr, "The first batch's rate (default: 1e-5)")
      ->check(is_lr)
      ->type_name("LR");
  command->add_option("--max-lr", options->range.max_lr, "The last batch's rate (default: 10)")
      ->check(is_lr)
      ->type_name("LR");
  command
      ->add_option("--batches", options->range.batches,
                   "How many batches, over as many epochs as that takes (default: 200)")
      ->check(CLI::Range(2, 1000000))
      ->type_name("N");
  command->add_option("--seed", options->seed, "Seed of all random numbers (default: the recipe's)")
      ->check(is_seed)
      ->type_name("N");
  command->add_option("--out", options->out, "File for the curve: tab-separated lr, loss, smoothed_loss")
      ->type_name("FILE");
  options->engine.add_to(*command);
  options->output.add_to(*command);
  command->footer(
      "The suggestion is the rate at which the smoothed loss falls fastest against the rate's logarithm, "
      "without the first\nten batches and the last (the rule of PyTorch Lightning). The max_lr of a "
      "one_cycle_lr can "
      "be a few times higher.\n"
      "Example:\n  rung lr-find step5 --out curve.tsv");
  command->callback([options] { lr_find(*options); });
}

}  // namespace rung::app

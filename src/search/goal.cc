#include "search/goal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/enumerators.h"
#include "base/error.h"
#include "base/require.h"
#include "base/text.h"
#include "chip/footprint.h"
#include "ladder/judge.h"
#include "nn/cost.h"
#include "nn/infer.h"
#include "nn/plan.h"
#include "quantise/quantise.h"

namespace rung::search {
namespace {

using recipe::Metric;

constexpr Metric kMetrics[] = {Metric::kFinalTestAccuracy, Metric::kFinalBalancedTestAccuracy};

std::pair<std::string_view, double> parse_equation(std::string_view text, const char* example) {
  const size_t equals = text.find('=');
  double value = 0;
  if (equals != std::string_view::npos) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + equals + 1, end, value);
    if (error == std::errc() && stop == end && value >= 0 && value <= 1e15)
      return {text.substr(0, equals), value};
  }
  throw UsageError(fmt::format("\"{}\" is not a name and a number", quotable(text)),
                   fmt::format("write it as in {}", example));
}

std::optional<double> chip_bytes(const recipe::Recipe& recipe, Cost cost, const std::string& chip) {
  const chip::Processor* processor = chip::find_processor(chip);
  RUNG_REQUIRE(processor != nullptr);
  try {
    const chip::Footprint footprint = chip::footprint_of(ladder::layout_of(recipe), *processor);
    return static_cast<double>(cost == Cost::kFlashBytes ? footprint.flash : footprint.ram + footprint.stack);
  } catch (const quantise::Unquantisable&) {
    return std::nullopt;
  }
}

}  // namespace

Metric held_out(Metric metric) {
  return metric == Metric::kFinalBalancedTestAccuracy ? Metric::kFinalBalancedValidationAccuracy
                                                      : Metric::kFinalValidationAccuracy;
}

void parse_target(std::string_view text, Goal& goal) {
  const auto [name, value] = parse_equation(text, "final_test_accuracy=99.4");
  for (const Metric metric : kMetrics) {
    if (recipe::name_of(metric) != name) continue;
    if (value <= 0 || value >= 100)
      throw UsageError(fmt::format("no network can be asked for an accuracy of {:g} %", value),
                       "a target lies between 0 and 100");
    goal.metric = metric;
    goal.target = value;
    return;
  }
  throw UsageError(fmt::format("{} is not an accuracy that a search can reach for", quotable(name)),
                   fmt::format("use {} or {}", recipe::name_of(kMetrics[0]), recipe::name_of(kMetrics[1])));
}

Cost parse_cost(std::string_view name) {
  for (const Cost cost : kEnumerators<Cost>)
    if (name_of(cost) == name) return cost;
  throw UsageError(fmt::format("{} is not a cost", quotable(name)),
                   fmt::format("use one of {}", fmt::join(kNames<Cost>, ", ")));
}

Limit parse_limit(std::string_view text) {
  const auto [name, value] = parse_equation(text, "params=10000");
  return {parse_cost(name), value};
}

void require_chip(std::string_view name) {
  if (chip::find_processor(name) != nullptr) return;
  std::vector<std::string_view> names;
  for (const chip::Processor& processor : chip::processors()) names.push_back(processor.name);
  throw UsageError(fmt::format("unknown processor {}", quotable(name)),
                   fmt::format("use one of {}", fmt::join(names, ", ")));
}

std::optional<double> cost_of(const recipe::Recipe& recipe, Cost cost, const Yardstick& yardstick) {
  switch (cost) {
    case Cost::kParams:
      return static_cast<double>(nn::infer(recipe.model).params);
    case Cost::kMacs:
      return static_cast<double>(nn::infer(recipe.model).macs);
    case Cost::kTrainSeconds:
      return nn::training_flop(nn::make_plan(recipe.model)) * yardstick.train_images *
             recipe.training.epochs / (yardstick.gflops * 1e9);
    case Cost::kFlashBytes:
    case Cost::kRamBytes:
      return chip_bytes(recipe, cost, yardstick.chip);
  }
  return std::nullopt;
}

bool keeps_limits(const recipe::Recipe& recipe, std::span<const Limit> limits, const Yardstick& yardstick) {
  return std::ranges::all_of(limits, [&](const Limit& limit) {
    const auto cost = cost_of(recipe, limit.cost, yardstick);
    return cost && *cost <= limit.at_most;
  });
}

std::string_view words_of(Cost cost) {
  switch (cost) {
    case Cost::kParams:
      return "parameters";
    case Cost::kFlashBytes:
      return "bytes of flash";
    case Cost::kRamBytes:
      return "bytes of RAM";
    case Cost::kMacs:
      return "multiply-accumulates";
    case Cost::kTrainSeconds:
      return "seconds of training";
  }
  return "";
}

std::string cost_number(Cost cost, double value) {
  return cost == Cost::kTrainSeconds ? fmt::format("{:.1f}", value)
                                     : with_commas(static_cast<int64_t>(value));
}

std::string cost_text(Cost cost, double value) {
  return fmt::format("{} {}", cost_number(cost, value),
                     cost == Cost::kTrainSeconds ? "s of training" : words_of(cost));
}

}  // namespace rung::search

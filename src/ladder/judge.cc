#include "ladder/judge.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/require.h"
#include "base/text.h"
#include "chip/footprint.h"
#include "ladder/comparable.h"
#include "ladder/markdown.h"
#include "quantise/quantise.h"

namespace rung::ladder {
namespace {

using nlohmann::ordered_json;

bool holds(double value, recipe::Comparison comparison, double bound) {
  switch (comparison) {
    case recipe::Comparison::kBelow:
      return value < bound;
    case recipe::Comparison::kAtMost:
      return value <= bound;
    case recipe::Comparison::kAbove:
      return value > bound;
    case recipe::Comparison::kAtLeast:
      return value >= bound;
  }
  return false;
}

std::optional<double> balanced_validation(const train::RunRecord& record) {
  const auto& validation = record.epochs.back().validation;
  return validation ? validation->balanced_accuracy : std::nullopt;
}

// Whether the metric of `previous` can be a bound for that of `record`: it exists, and if it is of validation
// images, these are as many.
bool can_bound(recipe::Metric metric, const train::RunRecord& record, const train::RunRecord& previous) {
  return has_metric(metric, previous) &&
         (!is_of_validation(metric) || record.validation_images == previous.validation_images);
}

TargetResult judge_on_chip(const recipe::Target& target, const chip::Layout& layout) {
  const chip::Processor* processor = chip::find_processor(target.chip);
  RUNG_REQUIRE(processor != nullptr);
  const chip::Footprint footprint = chip::footprint_of(layout, *processor);
  const bool is_flash = target.metric == recipe::Metric::kFlashBytes;
  const auto value = static_cast<double>(is_flash ? footprint.flash : footprint.ram + footprint.stack);
  const double bound = std::get<double>(target.bound);
  return {target, bound, value, holds(value, target.comparison, bound)};
}

}  // namespace

ordered_json to_json(const TargetResult& result) {
  ordered_json json{{"text", result.target.text},
                    {"metric", recipe::name_of(result.target.metric)},
                    {"comparison", recipe::name_of(result.target.comparison)}};
  json["bound"] = result.bound ? ordered_json(*result.bound) : ordered_json(nullptr);
  json["value"] = result.value;
  json["met"] = result.met ? ordered_json(*result.met) : ordered_json(nullptr);
  return json;
}

bool has_metric(recipe::Metric metric, const train::RunRecord& record) {
  if (recipe::is_of_chip(metric)) return false;
  if (metric == recipe::Metric::kFinalBalancedTestAccuracy)
    return record.epochs.back().balanced_test_accuracy.has_value();
  if (metric == recipe::Metric::kFinalBalancedValidationAccuracy)
    return balanced_validation(record).has_value();
  return !recipe::needs_validation(metric) || record.validation_images > 0;
}

double metric_value(recipe::Metric metric, const train::RunRecord& record) {
  RUNG_REQUIRE(has_metric(metric, record));
  switch (metric) {
    case recipe::Metric::kParams:
      return static_cast<double>(record.params);
    case recipe::Metric::kBestTestAccuracy:
      return record.best().test_accuracy;
    case recipe::Metric::kFinalTestAccuracy:
      return record.final_test_accuracy();
    case recipe::Metric::kMeanLast3TestAccuracy:
      return record.mean_last3_test_accuracy();
    case recipe::Metric::kOverfittingGap:
      return record.overfitting_gap();
    case recipe::Metric::kTrainSeconds:
      return record.train_seconds();
    case recipe::Metric::kBestValidationAccuracy:
      return record.chosen().choosing_accuracy();
    case recipe::Metric::kFinalValidationAccuracy:
      return record.epochs.back().choosing_accuracy();
    case recipe::Metric::kTestAccuracyAtBestValidation:
      return record.chosen().test_accuracy;
    case recipe::Metric::kFinalBalancedTestAccuracy:
      return *record.epochs.back().balanced_test_accuracy;
    case recipe::Metric::kFinalBalancedValidationAccuracy:
      return *balanced_validation(record);
    case recipe::Metric::kFlashBytes:
    case recipe::Metric::kRamBytes:
      break;  // see has_metric()
  }
  return 0;
}

TargetResult judge(const recipe::Target& target, const recipe::Recipe& recipe, const train::RunRecord& record,
                   const train::RunRecord* previous) {
  if (recipe::is_of_chip(target.metric)) return judge_on_chip(target, layout_of(recipe));
  TargetResult result{target, std::nullopt, 0, std::nullopt};
  if (has_metric(target.metric, record)) result.value = metric_value(target.metric, record);
  if (const auto* number = std::get_if<double>(&target.bound)) {
    result.bound = *number;
  } else if (previous != nullptr && can_bound(target.metric, record, *previous)) {
    result.bound = metric_value(target.metric, *previous);
  }
  if (result.bound && has_metric(target.metric, record))
    result.met = holds(result.value, target.comparison, *result.bound);
  return result;
}

std::vector<TargetResult> judge(const recipe::Recipe& recipe, const train::RunRecord& record,
                                const train::RunRecord* previous) {
  std::vector<TargetResult> results;
  for (const recipe::Target& target : recipe.targets)
    results.push_back(judge(target, recipe, record, previous));
  return results;
}

std::string miss_text(const TargetResult& target) {
  RUNG_REQUIRE(target.bound);
  const double difference = std::abs(target.value - *target.bound);
  const std::string_view unit = recipe::unit_of(target.target.metric);
  if (unit.empty()) return with_commas(static_cast<int64_t>(difference));
  if (unit == "s") return fmt::format("{:.1f} s", difference);
  if (unit == "bytes")
    return fmt::format("{} bytes", with_commas(static_cast<int64_t>(std::ceil(difference))));
  return fmt::format("{:.2f} points", difference);
}

std::string missed_sentence(const TargetResult& target) {
  RUNG_REQUIRE(target.bound);
  return fmt::format("{}: {}, missed by {}", target.target.text,
                     metric_text(target.target.metric, target.value), miss_text(target));
}

chip::Layout layout_of(const recipe::Recipe& recipe, std::optional<int> weight_bits) {
  const data::DatasetSpec& dataset = recipe.dataset;
  return chip::lay_out(quantise::quantise_untrained(
      recipe.model, {dataset.mean.value_or(0), dataset.std.value_or(1),
                     weight_bits.value_or(optim::weight_bits_of(recipe.training))}));
}

std::vector<TargetResult> chip_budgets(const recipe::Recipe& recipe) {
  std::vector<TargetResult> budgets;
  for (const recipe::Target& target : recipe.targets)
    if (recipe::is_of_chip(target.metric)) budgets.push_back(judge_on_chip(target, layout_of(recipe)));
  return budgets;
}

void require_chip_budgets(const recipe::Recipe& recipe) {
  for (const TargetResult& budget : chip_budgets(recipe)) {
    if (budget.met == std::optional(true)) continue;
    throw UsageError(fmt::format("{}: {}", recipe.name, missed_sentence(budget)),
                     fmt::format("`rung summary` with `--target {}` says what the model takes; without this "
                                 "target it can be trained all the same",
                                 budget.target.chip));
  }
}

}  // namespace rung::ladder

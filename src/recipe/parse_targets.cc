// The [[targets]] of a recipe, its [reference], and the names and words for metrics and comparisons.
#include <fmt/format.h>

#include <algorithm>

#include "recipe/parse.h"

namespace rung::recipe {
namespace {

struct MetricInfo {
  Metric metric;
  std::string_view words;
  std::string_view unit;
  NumberRange range;
};

constexpr NumberRange kPercent = NumberRange::closed(0, 100);
constexpr std::array kMetrics = {
    Named<MetricInfo>{"params", {Metric::kParams, "parameters", "", NumberRange::at_least(0)}},
    Named<MetricInfo>{"best_test_accuracy",
                      {Metric::kBestTestAccuracy, "best test accuracy", " %", kPercent}},
    Named<MetricInfo>{"final_test_accuracy",
                      {Metric::kFinalTestAccuracy, "test accuracy after the last epoch", " %", kPercent}},
    Named<MetricInfo>{
        "mean_last3_test_accuracy",
        {Metric::kMeanLast3TestAccuracy, "mean test accuracy of the last 3 epochs", " %", kPercent}},
    Named<MetricInfo>{
        "overfitting_gap",
        {Metric::kOverfittingGap, "overfitting gap", " points", NumberRange::closed(-100, 100)}},
    Named<MetricInfo>{"train_seconds",
                      {Metric::kTrainSeconds, "training time", " s", NumberRange::at_least(0)}},
    Named<MetricInfo>{"best_validation_accuracy",
                      {Metric::kBestValidationAccuracy, "best validation accuracy", " %", kPercent}},
    Named<MetricInfo>{
        "final_validation_accuracy",
        {Metric::kFinalValidationAccuracy, "validation accuracy after the last epoch", " %", kPercent}},
    Named<MetricInfo>{"test_accuracy_at_best_validation",
                      {Metric::kTestAccuracyAtBestValidation, "test accuracy at the best validation accuracy",
                       " %", kPercent}},
    Named<MetricInfo>{
        "final_balanced_test_accuracy",
        {Metric::kFinalBalancedTestAccuracy, "balanced test accuracy after the last epoch", " %", kPercent}},
    Named<MetricInfo>{"final_balanced_validation_accuracy",
                      {Metric::kFinalBalancedValidationAccuracy,
                       "balanced validation accuracy after the last epoch", " %", kPercent}},
};

constexpr auto kMetricList = [] {
  std::array<Metric, kMetrics.size()> metrics{};
  for (size_t i = 0; i < metrics.size(); ++i) metrics[i] = kMetrics[i].value.metric;
  return metrics;
}();

const Named<MetricInfo>& find_metric(Metric metric) {
  return *std::find_if(kMetrics.begin(), kMetrics.end(),
                       [=](const auto& one) { return one.value.metric == metric; });
}

struct ComparisonInfo {
  Comparison comparison;
  std::string_view words;
};

constexpr std::array kComparisons = {
    Named<ComparisonInfo>{"below", {Comparison::kBelow, "below"}},
    Named<ComparisonInfo>{"at_most", {Comparison::kAtMost, "at most"}},
    Named<ComparisonInfo>{"above", {Comparison::kAbove, "above"}},
    Named<ComparisonInfo>{"at_least", {Comparison::kAtLeast, "at least"}},
};

using Bound = std::variant<double, Previous>;

// The one comparison key that a target must have.
const Named<ComparisonInfo>& find_comparison(const TableReader& target) {
  const Named<ComparisonInfo>* found = nullptr;
  for (const auto& comparison : kComparisons) {
    if (!target.has(comparison.name)) continue;
    if (found) target.fail(comparison.name, fmt::format("the target has a bound already, `{}`", found->name));
    found = &comparison;
  }
  if (!found) target.fail_here("no bound; expected one of below, at_most, above, at_least");
  return *found;
}

Bound parse_bound(const TableReader& target, std::string_view key, const NumberRange& range) {
  if (!target.is_text(key)) return target.number(key, range);
  if (target.text(key) == "previous") return Previous{};
  target.fail(key, fmt::format("expected {} or \"previous\"", range.describe()));
}

std::string words_for(const MetricInfo& metric, const ComparisonInfo& comparison, const Bound& bound) {
  const auto* number = std::get_if<double>(&bound);
  return fmt::format("{} {} {}", metric.words, comparison.words,
                     number ? fmt::format("{}{}", *number, metric.unit) : "the previous step's");
}

Target parse_target(const TableReader& target) {
  target.allow({"metric", "below", "at_most", "above", "at_least", "text"});
  const MetricInfo& metric = target.choice("metric", kMetrics);
  const auto& [key, comparison] = find_comparison(target);
  const Bound bound = parse_bound(target, key, metric.range);
  std::string text = target.text("text", words_for(metric, comparison, bound));
  return {std::move(text), metric.metric, comparison.comparison, bound};
}

}  // namespace

std::vector<Target> parse_targets(const TableReader& root) {
  std::vector<Target> targets;
  for (const TableReader& target : root.tables("targets")) targets.push_back(parse_target(target));
  return targets;
}

std::optional<Reference> parse_reference(const TableReader& root) {
  const auto table = root.table("reference");
  if (!table) return std::nullopt;
  table->allow({"source", "dataset", "epochs", "best_train_accuracy", "best_test_accuracy",
                "final_test_accuracy", "mean_last3_test_accuracy"});
  return Reference{.source = table->text("source"),
                   .best_train_accuracy = table->number("best_train_accuracy", kPercent),
                   .best_test_accuracy = table->number("best_test_accuracy", kPercent),
                   .final_test_accuracy = table->number("final_test_accuracy", kPercent),
                   .mean_last3_test_accuracy = table->number("mean_last3_test_accuracy", kPercent),
                   .dataset = table->text("dataset", ""),
                   .epochs = table->has("epochs") ? table->small_integer("epochs", 1, optim::kMaxEpochs) : 0};
}

bool needs_validation(Metric metric) {
  return metric == Metric::kBestValidationAccuracy || metric == Metric::kFinalValidationAccuracy ||
         metric == Metric::kTestAccuracyAtBestValidation ||
         metric == Metric::kFinalBalancedValidationAccuracy;
}

std::span<const Metric> all_metrics() {
  return kMetricList;
}

std::string_view words_for(Metric metric) {
  return find_metric(metric).value.words;
}

std::string_view unit_of(Metric metric) {
  const std::string_view unit = find_metric(metric).value.unit;
  return unit.substr(unit.empty() ? 0 : 1);  // without its leading space
}

std::string_view name_of(Metric metric) {
  return find_metric(metric).name;
}

std::string_view name_of(Comparison comparison) {
  return std::find_if(kComparisons.begin(), kComparisons.end(),
                      [=](const auto& one) { return one.value.comparison == comparison; })
      ->name;
}

}  // namespace rung::recipe

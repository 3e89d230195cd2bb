// The [[targets]] of a recipe, its [reference], and the names and words for metrics and comparisons.
#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/enumerators.h"
#include "chip/processors.h"
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

struct MetricInfo {
  std::string_view words;
  std::string_view unit;
  NumberRange range;
};

constexpr NumberRange kPercent = NumberRange::closed(0, 100);

constexpr MetricInfo info_of(Metric metric) {
  switch (metric) {
    case Metric::kParams:
      return {"parameters", "", NumberRange::at_least(0)};
    case Metric::kBestTestAccuracy:
      return {"best test accuracy", " %", kPercent};
    case Metric::kFinalTestAccuracy:
      return {"test accuracy after the last epoch", " %", kPercent};
    case Metric::kMeanLast3TestAccuracy:
      return {"mean test accuracy of the last 3 epochs", " %", kPercent};
    case Metric::kOverfittingGap:
      return {"overfitting gap", " points", NumberRange::closed(-100, 100)};
    case Metric::kTrainSeconds:
      return {"training time", " s", NumberRange::at_least(0)};
    case Metric::kBestValidationAccuracy:
      return {"best validation accuracy", " %", kPercent};
    case Metric::kFinalValidationAccuracy:
      return {"validation accuracy after the last epoch", " %", kPercent};
    case Metric::kTestAccuracyAtBestValidation:
      return {"test accuracy at the best validation accuracy", " %", kPercent};
    case Metric::kFinalBalancedTestAccuracy:
      return {"balanced test accuracy after the last epoch", " %", kPercent};
    case Metric::kFinalBalancedValidationAccuracy:
      return {"balanced validation accuracy after the last epoch", " %", kPercent};
    case Metric::kFlashBytes:
      return {"flash", " bytes", NumberRange::at_least(0)};
    case Metric::kRamBytes:
      return {"RAM", " bytes", NumberRange::at_least(0)};
  }
  return {};
}

constexpr std::string_view words_for(Comparison comparison) {
  switch (comparison) {
    case Comparison::kBelow:
      return "below";
    case Comparison::kAtMost:
      return "at most";
    case Comparison::kAbove:
      return "above";
    case Comparison::kAtLeast:
      return "at least";
  }
  return "";
}

using Bound = std::variant<double, Previous>;

// The one comparison key that a target must have.
Comparison find_comparison(const TableReader& target) {
  std::optional<Comparison> found;
  for (const Comparison comparison : kEnumerators<Comparison>) {
    const std::string_view name = name_of(comparison);
    if (!target.has(name)) continue;
    if (found) target.fail(name, fmt::format("the target has a bound already, `{}`", name_of(*found)));
    found = comparison;
  }
  if (!found)
    target.fail_here(fmt::format("no bound; expected one of {}", fmt::join(kNames<Comparison>, ", ")));
  return *found;
}

Bound parse_bound(const TableReader& target, std::string_view key, Metric metric) {
  const NumberRange range = info_of(metric).range;
  if (is_of_chip(metric) || !target.is_text(key)) return target.number(key, range);
  if (target.text(key) == "previous") return Previous{};
  target.fail(key, fmt::format("expected {} or \"previous\"", range.describe()));
}

// Null for a metric that is of no processor.
const chip::Processor* parse_chip(const TableReader& target, Metric metric) {
  constexpr std::string_view kKey = "chip";
  if (is_of_chip(metric)) {
    std::vector<std::string_view> names;
    for (const chip::Processor& processor : chip::processors()) names.push_back(processor.name);
    return &chip::processors()[target.choose(kKey, names)];
  }
  if (target.has(kKey)) target.fail(kKey, fmt::format("{} does not depend on a chip", name_of(metric)));
  return nullptr;
}

std::string words_for(Metric metric, const chip::Processor* processor, Comparison comparison,
                      const Bound& bound) {
  const MetricInfo info = info_of(metric);
  const auto* number = std::get_if<double>(&bound);
  return fmt::format("{}{} {} {}", info.words, processor ? fmt::format(" on {}", processor->title) : "",
                     words_for(comparison),
                     number ? fmt::format("{}{}", *number, info.unit) : "the previous step's");
}

Target parse_target(const TableReader& target) {
  std::vector<std::string_view> keys = {"metric", "chip", "text"};
  keys.insert(keys.begin() + 1, kNames<Comparison>.begin(), kNames<Comparison>.end());
  target.allow(keys);
  const auto metric = target.choice<Metric>("metric");
  const Comparison comparison = find_comparison(target);
  const Bound bound = parse_bound(target, name_of(comparison), metric);
  const chip::Processor* processor = parse_chip(target, metric);
  std::string text = target.text("text", words_for(metric, processor, comparison, bound));
  return {std::move(text), metric, comparison, bound, std::string(processor ? processor->name : "")};
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

bool is_of_chip(Metric metric) {
  return metric == Metric::kFlashBytes || metric == Metric::kRamBytes;
}

std::string_view words_for(Metric metric) {
  return info_of(metric).words;
}

std::string_view unit_of(Metric metric) {
  const std::string_view unit = info_of(metric).unit;
  return unit.substr(unit.empty() ? 0 : 1);  // without its leading space
}

}  // namespace rung::recipe

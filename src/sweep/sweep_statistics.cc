#include "sweep/sweep_statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "base/all_finite.h"
#include "base/enumerators.h"
#include "ladder/class_findings.h"
#include "ladder/comparable.h"
#include "ladder/reference.h"
#include "ladder/run.h"
#include "ladder/run_statistics.h"

namespace rung::sweep {
namespace {

// A sweep's runs are ordered recipe by recipe, seed by seed.
std::span<const SweepRun> runs_of(const SweepPlan& plan, std::span<const SweepRun> runs, size_t recipe) {
  return runs.subspan(recipe * plan.seeds.size(), plan.seeds.size());
}

bool is_there(recipe::Metric metric, const SweepRun& run) {
  return run.record && ladder::has_metric(metric, *run.record);
}

std::vector<double> values_of(recipe::Metric metric, std::span<const SweepRun> runs) {
  std::vector<double> values;
  for (const SweepRun& run : runs)
    if (is_there(metric, run)) values.push_back(ladder::metric_value(metric, *run.record));
  return values;
}

std::vector<MetricSummary> summaries_of(std::span<const SweepRun> runs) {
  std::vector<MetricSummary> summaries;
  for (const recipe::Metric metric : kEnumerators<recipe::Metric>) {
    const auto values = values_of(metric, runs);
    if (!values.empty() && all_finite(values)) summaries.push_back({metric, ladder::summarise(values)});
  }
  return summaries;
}

// Whether a run meets a target; none if that cannot be told.
std::optional<bool> is_met(const recipe::Target& target, const recipe::Recipe& recipe, const SweepRun& run,
                           const SweepRun* previous) {
  const bool relative = std::holds_alternative<recipe::Previous>(target.bound);
  if (relative && (previous == nullptr || !previous->record)) return std::nullopt;
  if (run.diverged) return false;
  if (!run.record) return std::nullopt;
  return ladder::judge(target, recipe, *run.record, relative ? &*previous->record : nullptr).met;
}

// `previous` is empty, or has the runs of the recipe before with the same seeds.
TargetShare share_of(const recipe::Target& target, const recipe::Recipe& recipe,
                     std::span<const SweepRun> runs, std::span<const SweepRun> previous) {
  TargetShare share{.target = target, .interval = {}};
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto met = is_met(target, recipe, runs[i], previous.empty() ? nullptr : &previous[i]);
    share.judged += met ? 1 : 0;
    share.met += met.value_or(false) ? 1 : 0;
  }
  if (share.judged > 0) share.interval = ladder::wilson95(share.met, share.judged);
  return share;
}

ReferencePlace place_of(double reported, const MetricSummary& metric, std::span<const double> values) {
  constexpr double kHalfADigit = 0.005;
  ReferencePlace place{.metric = metric.metric, .reported = reported, .summary = metric.summary};
  for (const double value : values) {
    const bool equal = std::abs(value - reported) < kHalfADigit;
    place.equal += equal ? 1 : 0;
    place.below += !equal && value < reported ? 1 : 0;
    place.above += !equal && value > reported ? 1 : 0;
  }
  return place;
}

std::vector<ReferencePlace> places_of(const recipe::Reference& reference,
                                      std::span<const MetricSummary> summaries,
                                      std::span<const SweepRun> runs) {
  const std::pair<recipe::Metric, double> figures[] = {
      {recipe::Metric::kFinalTestAccuracy, reference.final_test_accuracy},
      {recipe::Metric::kBestTestAccuracy, reference.best_test_accuracy},
      {recipe::Metric::kMeanLast3TestAccuracy, reference.mean_last3_test_accuracy}};
  std::vector<ReferencePlace> places;
  for (const auto& [metric, reported] : figures) {
    const auto found = std::ranges::find(summaries, metric, &MetricSummary::metric);
    if (found != summaries.end()) places.push_back(place_of(reported, *found, values_of(metric, runs)));
  }
  return places;
}

// The runs that "previous" stands for in a target about this metric; none if there is no such recipe, or it
// was measured on other images.
std::span<const SweepRun> previous_runs(const SweepPlan& plan, std::span<const SweepRun> all, size_t recipe,
                                        recipe::Metric metric) {
  const recipe::Recipe* previous = plan.previous(recipe);
  if (previous == nullptr || !ladder::same_images(metric, previous->dataset, plan.recipes[recipe].dataset))
    return {};
  return runs_of(plan, all, recipe - plan.settings);
}

RecipeStatistics statistics_of(const SweepPlan& plan, std::span<const SweepRun> all, size_t recipe) {
  const auto runs = runs_of(plan, all, recipe);
  RecipeStatistics statistics{.recipe = recipe,
                              .metrics = summaries_of(runs),
                              .targets = {},
                              .references = {},
                              .reference_remark = {}};
  for (const SweepRun& run : runs) {
    statistics.finished += run.record ? 1 : 0;
    statistics.diverged += run.diverged ? 1 : 0;
    statistics.failed += !run.diverged && !run.error.empty() ? 1 : 0;
  }
  for (const recipe::Target& target : plan.recipes[recipe].targets)
    statistics.targets.push_back(
        share_of(target, plan.recipes[recipe], runs, previous_runs(plan, all, recipe, target.metric)));
  const ladder::ReferenceBeside reference = ladder::reference_beside(plan.recipes[recipe]);
  if (reference.figures) statistics.references = places_of(*reference.figures, statistics.metrics, runs);
  statistics.reference_remark = reference.remark;
  statistics.shows_balanced = std::ranges::any_of(
      runs, [](const SweepRun& run) { return run.record && ladder::shows_balanced(*run.record); });
  return statistics;
}

// Rounded far below a single image, so that equal steps of accuracy are ties although their differences are
// not equal to the last bit.
double difference(double first, double second) {
  constexpr double kUnit = 1e-9;
  return std::round((second - first) / kUnit) * kUnit;
}

std::optional<ladder::PairedTest> paired(recipe::Metric metric, std::span<const SweepRun> first,
                                         std::span<const SweepRun> second) {
  std::vector<double> differences;
  for (size_t i = 0; i < first.size(); ++i) {
    if (is_there(metric, first[i]) && is_there(metric, second[i]))
      differences.push_back(difference(ladder::metric_value(metric, *first[i].record),
                                       ladder::metric_value(metric, *second[i].record)));
  }
  if (differences.empty() || !all_finite(differences)) return std::nullopt;
  return ladder::paired_test(differences);
}

size_t diverged_in_either(std::span<const SweepRun> first, std::span<const SweepRun> second) {
  size_t seeds = 0;
  for (size_t i = 0; i < first.size(); ++i) seeds += first[i].diverged || second[i].diverged ? 1 : 0;
  return seeds;
}

std::vector<std::pair<size_t, size_t>> pairs_of(size_t recipes) {
  std::vector<std::pair<size_t, size_t>> pairs;
  const size_t firsts = recipes <= kMostForAllPairs ? recipes : 1;
  for (size_t first = 0; first < firsts; ++first)
    for (size_t second = first + 1; second < recipes; ++second) pairs.emplace_back(first, second);
  return pairs;
}

// Comparisons without a test do not count among the several.
void adjust(std::span<Comparison> family) {
  std::vector<Comparison*> tested;
  std::vector<double> t;
  std::vector<double> wilcoxon;
  for (Comparison& one : family) {
    if (!one.test) continue;
    tested.push_back(&one);
    t.push_back(one.test->t_p);
    wilcoxon.push_back(one.test->wilcoxon_p);
  }
  const auto t_adjusted = ladder::holm_adjusted(t);
  const auto wilcoxon_adjusted = ladder::holm_adjusted(wilcoxon);
  for (size_t i = 0; i < tested.size(); ++i) {
    tested[i]->t_adjusted = t_adjusted[i];
    tested[i]->wilcoxon_adjusted = wilcoxon_adjusted[i];
  }
}

// None if the two have no seed in common of which both have a figure.
std::optional<Comparison> compare(recipe::Metric metric, const SweepPlan& plan,
                                  std::span<const SweepRun> runs, size_t first, size_t second) {
  const auto first_runs = runs_of(plan, runs, first);
  const auto second_runs = runs_of(plan, runs, second);
  Comparison comparison{.metric = metric,
                        .first = first,
                        .second = second,
                        .test = paired(metric, first_runs, second_runs),
                        .diverged = diverged_in_either(first_runs, second_runs)};
  if (!comparison.test) return std::nullopt;
  if (!ladder::same_images(metric, plan.recipes[first].dataset, plan.recipes[second].dataset))
    comparison.test.reset();
  return comparison;
}

std::vector<Comparison> compare(recipe::Metric metric, const SweepPlan& plan,
                                std::span<const SweepRun> runs) {
  std::vector<Comparison> comparisons;
  for (const auto& [first, second] : pairs_of(plan.recipes.size()))
    if (auto one = compare(metric, plan, runs, first, second)) comparisons.push_back(*one);
  adjust(comparisons);
  return comparisons;
}

}  // namespace

std::optional<bool> ReferencePlace::expected() const {
  if (!summary.next95) return std::nullopt;
  return reported >= summary.next95->low && reported <= summary.next95->high;
}

Verdict Comparison::verdict() const {
  if (!test) return Verdict::kNotCompared;
  if (diverged > 0) return Verdict::kNotJudged;
  if (t_adjusted >= ladder::kSignificance || wilcoxon_adjusted >= ladder::kSignificance)
    return Verdict::kNotToldApart;
  return test->differences.mean > 0 ? Verdict::kBetter : Verdict::kWorse;
}

recipe::Metric compared_metric(const SweepPlan& plan) {
  constexpr auto kValidation = recipe::Metric::kFinalValidationAccuracy;
  std::map<std::string, const data::DatasetSpec*> datasets;
  for (const recipe::Recipe& recipe : plan.recipes) {
    const auto first = datasets.try_emplace(recipe.dataset.name, &recipe.dataset).first->second;
    if (recipe.dataset.validation.empty() || !ladder::same_images(kValidation, *first, recipe.dataset))
      return recipe::Metric::kFinalTestAccuracy;
  }
  return kValidation;
}

std::vector<recipe::Metric> accuracies(recipe::Metric first) {
  std::vector<recipe::Metric> metrics = {first};
  for (const recipe::Metric metric : kEnumerators<recipe::Metric>)
    if (recipe::unit_of(metric) == "%" && metric != first) metrics.push_back(metric);
  return metrics;
}

SweepStatistics statistics_of(const SweepPlan& plan, std::span<const SweepRun> runs) {
  SweepStatistics statistics{
      .compared = compared_metric(plan), .recipes = {}, .comparisons = {}, .integers = {}};
  for (size_t recipe = 0; recipe < plan.recipes.size(); ++recipe)
    statistics.recipes.push_back(statistics_of(plan, runs, recipe));
  for (const recipe::Metric metric : accuracies(statistics.compared)) {
    const auto comparisons = compare(metric, plan, runs);
    statistics.comparisons.insert(statistics.comparisons.end(), comparisons.begin(), comparisons.end());
  }
  return statistics;
}

}  // namespace rung::sweep

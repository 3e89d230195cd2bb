// What a sweep's runs say together: each recipe over its seeds, and recipes against each other on the same
// seeds.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ladder/run_statistics.h"
#include "recipe/recipe.h"
#include "sweep/sweep_folder.h"

namespace rung::sweep {

struct MetricSummary {
  recipe::Metric metric;
  ladder::Summary summary;
};

// How many of the runs that can be judged meet a target. A diverged run does not.
struct TargetShare {
  recipe::Target target;
  int met = 0;
  int judged = 0;
  std::optional<ladder::Interval> interval;  // of met / judged; none if nothing is judged
};

// The place of a figure that someone else reported for one run among the runs.
struct ReferencePlace {
  recipe::Metric metric;
  double reported = 0;
  ladder::Summary summary;
  size_t below = 0;  // runs with less
  size_t equal = 0;  // to the two reported decimals
  size_t above = 0;

  std::optional<bool> expected() const;  // whether it is in summary.next95, if there is one
};

struct RecipeStatistics {
  size_t recipe = 0;  // in the plan
  size_t finished = 0;
  size_t diverged = 0;
  size_t failed = 0;                   // for other reasons
  std::vector<MetricSummary> metrics;  // over the finished runs; empty if there are none
  std::vector<TargetShare> targets;
  std::vector<ReferencePlace> references;  // test accuracies of the recipe's [reference]
  std::string reference_remark;            // as ladder::ReferenceBeside
  bool shows_balanced = false;             // as ladder::shows_balanced(), of any run
};

enum class Verdict { kBetter, kWorse, kNotToldApart, kNotJudged, kNotCompared };

// `second` minus `first`, seed by seed. p-values are Holm's, over all comparisons of this metric.
struct Comparison {
  recipe::Metric metric;
  size_t first = 0;
  size_t second = 0;
  std::optional<ladder::PairedTest> test;  // none: the two were measured on different images
  size_t diverged = 0;                     // seeds missing from the test because one of the two diverged
  double t_adjusted = 1;
  double wilcoxon_adjusted = 1;

  // Of the second; both tests must agree. Not judged if a seed diverged, because the seeds that did not are
  // not a fair sample.
  Verdict verdict() const;
};

// The test accuracy of a recipe's runs in integers.
struct IntegerStatistics {
  size_t recipe = 0;  // in the plan
  int weight_bits = 8;
  ladder::Summary accuracy;    // percent
  ladder::PairedTest against;  // minus that in float32, run by run
};

struct SweepStatistics {
  recipe::Metric compared = recipe::Metric::kFinalTestAccuracy;  // by which the recipes are judged
  std::vector<RecipeStatistics> recipes;
  std::vector<Comparison> comparisons;        // metric by metric, the judged one first
  std::vector<IntegerStatistics> integers{};  // see sweep_integers.h; empty unless asked for
};

// Compares accuracies: every recipe with every other if there are at most kMostForAllPairs, otherwise each
// with the first.
SweepStatistics statistics_of(const SweepPlan& plan, std::span<const SweepRun> runs);

inline constexpr size_t kMostForAllPairs = 6;

// The accuracy after the last epoch by which the recipes are judged: on the validation images if every recipe
// holds some out, and recipes of the same dataset hold out the same; else on the test images.
recipe::Metric compared_metric(const SweepPlan& plan);

// The metrics in percent, `first` before the others.
std::vector<recipe::Metric> accuracies(recipe::Metric first);

}  // namespace rung::sweep

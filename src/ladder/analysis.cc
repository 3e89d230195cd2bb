#include "ladder/analysis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ladder/changes.h"

namespace rung::ladder {
namespace {

// Test errors that the model does not make on training images, as a share of all test errors: above this it
// overfits.
constexpr double kOverfitShare = 0.5;
constexpr size_t kSwingEpochs = 5;
constexpr size_t kTrendEpochs = 3;

// Whether an accuracy is what always giving the same answer would reach.
bool is_at_chance(double accuracy, const train::ClassResults& classes, int images) {
  const double chance = chance_accuracy(classes);
  return accuracy <= chance + kErrors * standard_error(chance, images);
}

// In the test and in training.
bool is_not_learned(const train::RunRecord& record) {
  if (!record.test_classes || !record.train_classes || chance_accuracy(*record.test_classes) == 100)
    return false;
  return is_at_chance(record.final_test_accuracy(), *record.test_classes, record.test_images) &&
         is_at_chance(record.train_accuracy_evaluated, *record.train_classes, record.train_images);
}

bool lags(const train::RunRecord& record, double error) {
  return record.trained_weights_test_accuracy &&
         *record.trained_weights_test_accuracy - record.final_test_accuracy() > kErrors * error;
}

Fit fit_of(const Analysis& analysis, const train::RunRecord& record) {
  const double chance = kErrors * analysis.standard_error;
  if (lags(record, analysis.standard_error)) return Fit::kAverageLags;
  // A model that was trained on hardly anything but one class is right to answer that class.
  if (is_not_learned(record) && !analysis.classes.imbalanced()) return Fit::kNotLearned;
  if (analysis.classes.collapsed()) return Fit::kCollapsed;
  if (analysis.gap > chance)
    return analysis.gap > kOverfitShare * (100 - record.final_test_accuracy()) ? Fit::kOverfits
                                                                               : Fit::kSlightlyOverfits;
  return 100 - analysis.train_accuracy > chance ? Fit::kUnderfits : Fit::kBalanced;
}

// Mean test accuracy of `count` epochs that end `back` epochs before the last.
double mean_of(const std::vector<train::EpochRecord>& epochs, size_t back, size_t count) {
  double sum = 0;
  for (size_t i = epochs.size() - back - count; i < epochs.size() - back; ++i) sum += epochs[i].test_accuracy;
  return sum / static_cast<double>(count);
}

double swing_of(const std::vector<train::EpochRecord>& epochs) {
  const auto first = epochs.end() - static_cast<std::ptrdiff_t>(std::min(kSwingEpochs, epochs.size()));
  const auto [low, high] = std::minmax_element(
      first, epochs.end(), [](const auto& a, const auto& b) { return a.test_accuracy < b.test_accuracy; });
  return high->test_accuracy - low->test_accuracy;
}

Stability stability_of(const Analysis& analysis, size_t epochs) {
  if (epochs < 2 * kTrendEpochs) return Stability::kTooShort;
  if (analysis.trend > analysis.standard_error) return Stability::kRising;
  return analysis.swing > kErrors * analysis.standard_error ? Stability::kSwinging : Stability::kSettled;
}

// Whether a class that the model fails on is one with few training images, or none.
bool fails_on_rare(const ClassFindings& classes) {
  const auto is_low = [&](size_t k) { return std::ranges::find(classes.low, k) != classes.low.end(); };
  return std::ranges::any_of(classes.rare, is_low) || std::ranges::any_of(classes.missing, is_low);
}

Limit limit_of(const Analysis& analysis) {
  if (analysis.fit == Fit::kAverageLags) return Limit::kAverage;
  if (analysis.fit == Fit::kNotLearned) return Limit::kLearning;
  if (analysis.fit == Fit::kCollapsed)
    return analysis.classes.imbalanced() ? Limit::kClassBalance : Limit::kLearning;
  if (fails_on_rare(analysis.classes)) return Limit::kClassBalance;
  if (analysis.stability == Stability::kRising || analysis.stability == Stability::kTooShort)
    return Limit::kTraining;
  if (analysis.fit == Fit::kOverfits || analysis.fit == Fit::kSlightlyOverfits) return Limit::kRegularisation;
  return analysis.fit == Fit::kUnderfits ? Limit::kCapacity : Limit::kBalanced;
}

void measure(Analysis& analysis, const train::RunRecord& record) {
  analysis.standard_error = standard_error(record);
  analysis.classes = find_classes(record);
  const bool weighted = analysis.classes.imbalanced() && record.test_classes;
  analysis.train_accuracy = weighted ? train_accuracy_as_tested(record) : record.train_accuracy_evaluated;
  analysis.gap = analysis.train_accuracy - record.final_test_accuracy();
  analysis.swing = swing_of(record.epochs);
  if (record.epochs.size() >= 2 * kTrendEpochs)
    analysis.trend =
        mean_of(record.epochs, 0, kTrendEpochs) - mean_of(record.epochs, kTrendEpochs, kTrendEpochs);
}

void compare(Analysis& analysis, const Outcome& outcome, const Outcome& previous,
             std::span<const uint8_t> labels) {
  analysis.changes = describe_changes(previous.recipe, outcome.recipe);
  analysis.sentences.push_back(
      analysis.changes.empty()
          ? fmt::format("Nothing changed from {}.", previous.recipe.name)
          : fmt::format("Changed from {}: {}.", previous.recipe.name, fmt::join(analysis.changes, "; ")));
  analysis.against_previous = mcnemar(previous.test.predicted, outcome.test.predicted, labels);
  analysis.sentences.push_back(significance_sentence(*analysis.against_previous, previous.recipe.name));
}

}  // namespace

Analysis analyse(const Outcome& outcome, const Outcome* previous, std::span<const uint8_t> labels) {
  Analysis analysis;
  measure(analysis, outcome.record);
  analysis.fit = fit_of(analysis, outcome.record);
  analysis.stability = stability_of(analysis, outcome.record.epochs.size());
  analysis.limit = limit_of(analysis);
  analysis.sentences = sentences_of(analysis, outcome.recipe, outcome.record);
  if (previous != nullptr) compare(analysis, outcome, *previous, labels);
  return analysis;
}

}  // namespace rung::ladder

#include "ladder/analysis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "ladder/changes.h"
#include "ladder/statistics.h"

namespace rung::ladder {
namespace {

// A difference counts when it exceeds so many standard errors.
constexpr double kErrors = 2;
// Test errors that the model does not make on training images, as a share of all test errors: above this it
// overfits.
constexpr double kOverfitShare = 0.5;
constexpr size_t kSwingEpochs = 5;
constexpr size_t kTrendEpochs = 3;

double test_error(const train::RunRecord& record) {
  return 100 - record.final_test_accuracy();
}
double train_error(const train::RunRecord& record) {
  return 100 - record.train_accuracy_evaluated;
}

Fit fit_of(const train::RunRecord& record, double error) {
  const double gap = record.overfitting_gap();
  if (gap > kErrors * error)
    return gap > kOverfitShare * test_error(record) ? Fit::kOverfits : Fit::kSlightlyOverfits;
  return train_error(record) > kErrors * error ? Fit::kUnderfits : Fit::kBalanced;
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

Limit limit_of(const Analysis& analysis) {
  if (analysis.stability == Stability::kRising || analysis.stability == Stability::kTooShort)
    return Limit::kTraining;
  if (analysis.fit == Fit::kOverfits || analysis.fit == Fit::kSlightlyOverfits) return Limit::kRegularisation;
  return analysis.fit == Fit::kUnderfits ? Limit::kCapacity : Limit::kBalanced;
}

std::string fit_sentence(const Analysis& analysis, const train::RunRecord& record) {
  const std::string figures = fmt::format(
      "training {:.2f} %, test {:.2f} %, both in evaluation mode: a gap of {:+.2f} points, where chance "
      "gives ±{:.2f}",
      record.train_accuracy_evaluated, record.final_test_accuracy(), record.overfitting_gap(),
      kErrors * analysis.standard_error);
  switch (analysis.fit) {
    case Fit::kOverfits:
      return fmt::format("It overfits: {}, and more than half of the test error.", figures);
    case Fit::kSlightlyOverfits:
      return fmt::format("It overfits slightly: {}, but at most half of the test error.", figures);
    case Fit::kUnderfits:
      return fmt::format("It underfits: {}; what it gets wrong, it gets wrong on the training images too.",
                         figures);
    case Fit::kBalanced:
      return fmt::format("It fits well: {}.", figures);
  }
  return "";
}

std::string stability_sentence(const Analysis& analysis) {
  switch (analysis.stability) {
    case Stability::kTooShort:
      return "Too few epochs to say whether the accuracy has settled.";
    case Stability::kRising:
      return fmt::format(
          "Test accuracy still rises: the last three epochs are {:.2f} points above the three before.",
          analysis.trend);
    case Stability::kSwinging:
      return fmt::format(
          "Test accuracy still swings, by {:.2f} points over the last five epochs: a smaller learning rate "
          "at the end would calm it.",
          analysis.swing);
    case Stability::kSettled:
      return fmt::format("Test accuracy has settled: it moved by {:.2f} points over the last five epochs.",
                         analysis.swing);
  }
  return "";
}

// How strongly dropout and augmentation hold training back: accuracy in training mode against evaluation
// mode.
std::string limit_sentence(const Analysis& analysis, const train::RunRecord& record) {
  const double held_back = record.train_accuracy_evaluated - record.epochs.back().train_accuracy;
  switch (analysis.limit) {
    case Limit::kTraining:
      return "Training time is the limit so far: train for more epochs before changing the model.";
    case Limit::kRegularisation:
      return "Regularisation is the limit, not capacity: dropout, augmentation or fewer parameters should "
             "help.";
    case Limit::kCapacity:
      return fmt::format(
          "Capacity is the limit: more parameters where the budget allows it{}.",
          held_back > kErrors * analysis.standard_error
              ? fmt::format(", or less regularisation (in training mode it gets {:.2f} points less)",
                            held_back)
              : "");
    case Limit::kBalanced:
      return "Neither capacity nor regularisation stands out as the limit.";
  }
  return "";
}

}  // namespace

double standard_error(const train::RunRecord& record) {
  // Of images that are all right, or all wrong, one more could be otherwise.
  const double one = std::min(0.5, 1.0 / record.test_images);
  const double p = std::clamp(record.final_test_accuracy() / 100, one, 1 - one);
  return 100 * std::sqrt(p * (1 - p) / record.test_images);
}

std::string significance_sentence(const McNemar& test, const std::string& previous) {
  const std::string counts =
      fmt::format("{} test images are right only now, {} were right only in {} (McNemar, p = {:.2g})",
                  test.only_second, test.only_first, previous, test.p_value);
  if (test.p_value >= kSignificance)
    return fmt::format("Not significantly different from {}: {}.", previous, counts);
  return fmt::format("Significantly {} than {}: {}.", test.only_second > test.only_first ? "better" : "worse",
                     previous, counts);
}

Analysis analyse(const Outcome& outcome, const Outcome* previous, std::span<const uint8_t> labels) {
  const train::RunRecord& record = outcome.record;
  Analysis result;
  result.standard_error = standard_error(record);
  result.fit = fit_of(record, result.standard_error);
  result.swing = swing_of(record.epochs);
  if (record.epochs.size() >= 2 * kTrendEpochs)
    result.trend =
        mean_of(record.epochs, 0, kTrendEpochs) - mean_of(record.epochs, kTrendEpochs, kTrendEpochs);
  result.stability = stability_of(result, record.epochs.size());
  result.limit = limit_of(result);
  result.sentences = {fit_sentence(result, record), stability_sentence(result),
                      limit_sentence(result, record)};
  if (previous == nullptr) return result;
  result.changes = describe_changes(previous->recipe, outcome.recipe);
  result.sentences.push_back(
      result.changes.empty()
          ? fmt::format("Nothing changed from {}.", previous->recipe.name)
          : fmt::format("Changed from {}: {}.", previous->recipe.name, fmt::join(result.changes, "; ")));
  result.against_previous = mcnemar(previous->test.predicted, outcome.test.predicted, labels);
  result.sentences.push_back(significance_sentence(*result.against_previous, previous->recipe.name));
  return result;
}

}  // namespace rung::ladder

// The Analysis of a run: conclusions from its numbers by stated rules, the same for every recipe. The rules
// and the reasons for their thresholds are in docs/analysis.md; the sentences are in analysis_text.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ladder/class_findings.h"
#include "ladder/mcnemar.h"
#include "ladder/run.h"
#include "ladder/standard_error.h"

namespace rung::ladder {

enum class Fit {
  kNotLearned,   // at chance
  kCollapsed,    // only a few classes are predicted
  kAverageLags,  // behind the weights that it averages
  kUnderfits,
  kBalanced,
  kSlightlyOverfits,
  kOverfits,
};
enum class Stability { kTooShort, kRising, kSwinging, kSettled };
enum class Limit {
  kLearning,      // nothing, or little, is learned at all
  kClassBalance,  // of the training images
  kAverage,       // of the weights
  kCapacity,
  kRegularisation,
  kTraining,  // too short
  kBalanced,
};

struct Analysis {
  // Points, of the final test accuracy: sqrt(p (1 - p) / n), p at least one image from 0 and 1.
  double standard_error = 0;
  // Percent: of the final weights in evaluation mode; where training is imbalanced, as the test set's classes
  // weigh it.
  double train_accuracy = 0;
  double gap = 0;  // points: that minus the final test accuracy
  ClassFindings classes;
  Fit fit = Fit::kBalanced;
  Stability stability = Stability::kSettled;
  double swing = 0;  // points between the best and the worst of the last five epochs
  double trend = 0;  // points by which the mean of the last three epochs exceeds the mean of the three before
  Limit limit = Limit::kBalanced;
  std::vector<std::string> changes;         // from the previous step
  std::optional<McNemar> against_previous;  // first: the previous step, second: this one
  std::vector<std::string> sentences;       // the analysis in words
};

// A difference counts when it exceeds this many standard errors.
inline constexpr double kErrors = 2;

// `labels` are the test set's; `previous` may be null.
Analysis analyse(const Outcome& outcome, const Outcome* previous, std::span<const uint8_t> labels);

// What the rules have found of the run itself, in words.
std::vector<std::string> sentences_of(const Analysis& analysis, const recipe::Recipe& recipe,
                                      const train::RunRecord& record);

// "Significantly better than step3: ..."; `test`'s first is the run of that name, its second this one.
std::string significance_sentence(const McNemar& test, const std::string& previous);

}  // namespace rung::ladder

// The curves of the five PyTorch notebooks that the ladder re-creates (recipes/ladder/notebook_curves.tsv).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"

namespace rung::report {

struct ReferenceEpoch {
  double train_accuracy = 0;  // percent, running
  double test_accuracy = 0;   // percent
  double test_loss = 0;
};
using ReferenceCurve = std::vector<ReferenceEpoch>;  // from the first epoch on

// Tab-separated lines of step, epoch from 0, training accuracy, test accuracy, test loss, seconds, after a
// line of column names. Throws DataError, naming the line.
std::vector<ReferenceCurve> parse_reference_curves(std::string_view tsv);

// The notebooks' curve whose best training, best test and last test accuracies are those that the recipe's
// [reference] quotes; none where they are about other images than the recipe's.
std::optional<ReferenceCurve> find_reference_curve(const recipe::Recipe& recipe);

}  // namespace rung::report

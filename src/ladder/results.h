// A run's results, row by row, as tables show them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "train/run_record.h"

namespace rung::ladder {

struct ResultRow {
  std::string what;
  double accuracy = 0;              // in percent
  std::optional<double> reference;  // the same in the recipe's reference, if stated
};

// "mean of the last 3", or of as many epochs as there are.
std::string mean_of_last_words(int epochs);

// The accuracies of a run with at least one epoch. An unfinished run has none in evaluation mode. A mean of
// the last epochs is only there where there are several, and beside the reference's only where both are over
// three.
std::vector<ResultRow> result_rows(const train::RunRecord& record,
                                   const std::optional<recipe::Reference>& reference, bool finished);

}  // namespace rung::ladder

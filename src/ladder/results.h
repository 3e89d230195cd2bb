// What a run came to, row by row, as a table shows it.
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
  std::optional<double> reference;  // the same in the recipe's reference, where that states it
};

// "mean of the last 3", or of as many epochs as there are.
std::string mean_of_last_words(int epochs);

// The accuracies of a run with an epoch or more. One that has not finished has none in evaluation mode. A
// mean of the last epochs is only there where there are several, and beside the reference's only where both
// are over three.
std::vector<ResultRow> result_rows(const train::RunRecord& record,
                                   const std::optional<recipe::Reference>& reference, bool finished);

}  // namespace rung::ladder

// What a run came to, row by row, as a table shows it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"
#include "train/run_record.h"

namespace rung::ladder {

struct ResultRow {
  std::string_view what;
  double accuracy = 0;              // in percent
  std::optional<double> reference;  // the same in the recipe's reference, where that states it
};

// The accuracies of a run with an epoch or more. One that has not finished has none in evaluation mode.
std::vector<ResultRow> result_rows(const train::RunRecord& record,
                                   const std::optional<recipe::Reference>& reference, bool finished);

}  // namespace rung::ladder

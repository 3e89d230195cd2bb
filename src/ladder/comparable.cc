#include "ladder/comparable.h"

namespace rung::ladder {

bool is_of_validation(recipe::Metric metric) {
  return recipe::needs_validation(metric) && metric != recipe::Metric::kTestAccuracyAtBestValidation;
}

bool same_images(recipe::Metric metric, const data::DatasetSpec& first, const data::DatasetSpec& second) {
  if (metric == recipe::Metric::kParams || metric == recipe::Metric::kTrainSeconds) return true;
  if (first.name != second.name) return false;
  return !is_of_validation(metric) || first.validation == second.validation;
}

}  // namespace rung::ladder

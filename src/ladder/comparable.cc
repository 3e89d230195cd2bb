#include "ladder/comparable.h"

#include "data/arrange.h"

namespace rung::ladder {
namespace {

// Which images test, whatever is held out of the rest.
std::string test_images(data::DatasetSpec dataset) {
  dataset.validation = 0;
  return data::arrangement_of(dataset);
}

}  // namespace

bool is_of_validation(recipe::Metric metric) {
  return recipe::needs_validation(metric) && metric != recipe::Metric::kTestAccuracyAtBestValidation;
}

bool same_images(recipe::Metric metric, const data::DatasetSpec& first, const data::DatasetSpec& second) {
  if (metric == recipe::Metric::kParams || metric == recipe::Metric::kTrainSeconds ||
      recipe::is_of_chip(metric))
    return true;
  if (test_images(first) != test_images(second)) return false;
  return !is_of_validation(metric) || (first.validation == second.validation &&
                                       data::arrangement_of(first) == data::arrangement_of(second));
}

}  // namespace rung::ladder

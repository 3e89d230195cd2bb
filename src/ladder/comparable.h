// Whether figures of two recipes can be compared: only figures that were measured on the same images can.
#pragma once

#include "data/data_spec.h"
#include "recipe/recipe.h"

namespace rung::ladder {

// Whether the metric is measured on validation images, and not only chosen by them.
bool is_of_validation(recipe::Metric metric);

// Whether the metric is measured on the same images under both. Parameters and seconds need no images.
bool same_images(recipe::Metric metric, const data::DatasetSpec& first, const data::DatasetSpec& second);

}  // namespace rung::ladder

// Pictures for TensorBoard of what a model gets right and wrong. Their only text is digits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "data/dataset.h"
#include "data/png.h"

namespace rung::report {

// One row per true class, one column per predicted class: blue where they agree, red elsewhere, darker for a
// larger share of the class. Cells show counts if they fit. Preconditions: as many labels as predictions, all
// below `classes`.
data::RgbImage confusion_picture(std::span<const uint8_t> labels, std::span<const uint8_t> predicted,
                                 int classes);

// The first misclassified images, at most 40, each above "true>predicted". None if there are none, or if the
// images are too large to show. Precondition: one prediction per image.
std::optional<data::GreyImage> mistakes_picture(const data::Split& split, std::span<const uint8_t> predicted);

}  // namespace rung::report

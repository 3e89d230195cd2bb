// Pictures for TensorBoard of what a model gets right and wrong. They explain themselves with digits and
// nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "data/dataset.h"
#include "data/png.h"

namespace rung::report {

// A row a true class, a column a predicted one: blue where they agree, red where they do not, the darker the
// larger the class's share. Counts stand in the cells where there is room. Preconditions: as many labels as
// predictions, all below `classes`.
data::RgbImage confusion_picture(std::span<const uint8_t> labels, std::span<const uint8_t> predicted,
                                 int classes);

// The first images that are predicted wrongly, at most 40, each above "true>predicted". None if there are
// none, or if the images are too large to show. Precondition: a prediction an image.
std::optional<data::GreyImage> mistakes_picture(const data::Split& split, std::span<const uint8_t> predicted);

}  // namespace rung::report

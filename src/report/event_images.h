// Pictures for TensorBoard of what a model gets right and wrong. Their only text is digits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "data/png.h"

namespace rung::report {

// Of counts[true][predicted]: a row is a true class, a column a predicted one, of those in `classes`. Blue
// where they agree, red where they do not, the darker the larger the share of the true class's images. Counts
// stand in the cells where there is room; classes are numbered at the edges, of many every second, fifth and
// so on.
data::Image confusion_picture(const std::vector<std::vector<int>>& counts, std::span<const size_t> classes);

// The first misclassified images, at most 40, each above "true>predicted". None if there are none, or if the
// images are too large to show. Precondition: one prediction per image.
std::optional<data::Image> mistakes_picture(const data::Split& split, std::span<const uint8_t> predicted);

}  // namespace rung::report

// What is odd about a dataset that can be trained on all the same, as sentences for people: each says what is
// wrong, and what mends it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/spec.h"

namespace rung::data {

// About the labels, the images, and the images that `spec`, which is resolved, holds out. The dataset may
// lack test images.
std::vector<std::string> remarks_on(const Dataset& data, const DatasetSpec& spec);

// That some classes have many times the images of others, if they do. `counts` is by class; classes without
// images are not counted.
std::optional<std::string> imbalance_remark(std::span<const int> counts);

}  // namespace rung::data

// What is odd about a dataset that can still be trained on, as sentences for people: each says what is wrong
// and how to fix it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/data_spec.h"
#include "data/dataset.h"

namespace rung::data {

// About the labels, the images, and the images that `spec`, which is resolved, holds out. `outputs` is how
// many classes the model tells apart; without a model, the dataset's. The dataset may lack test images.
std::vector<std::string> remarks_on(const Dataset& data, const DatasetSpec& spec, int outputs);

// A sentence if some classes have many times the images of others. `counts` is by class; classes without
// images are ignored. `names` are those of the classes, or none.
std::optional<std::string> imbalance_remark(std::span<const int> counts,
                                            std::span<const std::string> names = {});

}  // namespace rung::data

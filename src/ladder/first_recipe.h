// A first recipe for a dataset: a network within a budget, a schedule that fits the number of images, and
// comments that say what to change.
#pragma once

#include <cstdint>
#include <string>

#include "data/dataset.h"

namespace rung::ladder {

struct FirstRecipe {
  std::string toml;
  int64_t params = 0;
  int epochs = 0;
};

// `name` is what the recipe calls the dataset, `title` how it calls it in words, `file` the recipe's own name
// in a comment. Throws UsageError if no network of at most `most_params` parameters is large enough to learn
// something.
FirstRecipe first_recipe(const data::Dataset& dataset, const std::string& name, const std::string& title,
                         const std::string& file, int64_t most_params);

}  // namespace rung::ladder

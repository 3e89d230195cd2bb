// What an expert would say at the sight of a model, before it is trained: what its layers see of the image,
// where its parameters and its arithmetic lie, what is left of the budget. The rules are in docs/advice.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/infer.h"
#include "recipe/recipe.h"

namespace rung::ladder {

// The largest number of parameters that the recipe's targets allow; none where they do not limit it.
std::optional<int64_t> parameter_budget(const recipe::Recipe& recipe);

// `info` is that of the recipe's model. A sentence or two each; none where a rule has nothing to say.
std::vector<std::string> advise(const recipe::Recipe& recipe, const nn::ModelInfo& info);

}  // namespace rung::ladder

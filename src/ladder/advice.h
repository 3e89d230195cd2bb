// What an expert would say about a model before it is trained: how much of the image its layers see, where
// its parameters and arithmetic are, what is left of the budget. The rules are in docs/advice.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/infer.h"
#include "recipe/recipe.h"

namespace rung::ladder {

// The largest number of parameters that the recipe's targets allow; none if they do not limit it.
std::optional<int64_t> parameter_budget(const recipe::Recipe& recipe);

// `info` belongs to the recipe's model. One or two sentences per rule; none from a rule that does not apply.
std::vector<std::string> advise(const recipe::Recipe& recipe, const nn::ModelInfo& info);

}  // namespace rung::ladder

// The changes from one recipe to another, found by comparing them.
#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace rung::ladder {

// One phrase per difference: layers added or removed, parameters, options, augmentation, optimiser, schedule,
// epochs. Empty if both train the same model in the same way.
std::vector<std::string> describe_changes(const recipe::Recipe& before, const recipe::Recipe& after);

}  // namespace rung::ladder

// What one recipe changes from another, found by comparing them.
#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace rung::ladder {

// One phrase a difference: layers added or removed, parameters, options, augmentation, optimiser, schedule,
// epochs. Empty when the two train the same model in the same way.
std::vector<std::string> describe_changes(const recipe::Recipe& before, const recipe::Recipe& after);

// 13590 -> "13,590".
std::string with_commas(int64_t number);

}  // namespace rung::ladder

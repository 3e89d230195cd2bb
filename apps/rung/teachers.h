// The runs that teach a recipe, where it names them by recipes or by a search.
#pragma once

#include "options.h"
#include "recipe/recipe.h"

namespace rung::app {

// Trains the recipes among the teachers, unless that was done before, each in ./runs/teacher-NAME-seedN, and
// names these folders in the recipe; a search stands for its four best runs. Throws as ladder::run_recipe(),
// UsageError if a folder holds another run or a search that has none, or there are too many teachers then,
// and Interrupted; the same command goes on then.
void find_teachers(recipe::Recipe& recipe, const EngineOptions& engine);

}  // namespace rung::app

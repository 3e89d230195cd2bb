// Teachers that a recipe names by their recipes are trained before it.
#pragma once

#include "options.h"
#include "recipe/recipe.h"

namespace rung::app {

// Trains the recipes among the teachers, unless that was done before, each in ./runs/teacher-NAME-seedN, and
// names these folders in the recipe. Throws as ladder::run_recipe(), UsageError if a folder holds another
// run, and Interrupted; the same command goes on then.
void train_teachers(recipe::Recipe& recipe, const EngineOptions& engine);

}  // namespace rung::app

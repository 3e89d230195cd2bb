// The teachers of [distill]: runs whose weights a training learns from.
#pragma once

#include "recipe/recipe.h"
#include "train/trainer.h"

namespace rung::ladder {

// Writes the SHA-256 of the teachers' weights into the recipe, where they are not there yet. Throws
// UsageError if a teacher is no finished run, is a recipe that nobody has trained, or does not see or tell
// apart what the recipe's model does; IoError and DataError if its files cannot be read. Precondition:
// data::is_resolved() of the recipe's dataset.
void resolve_teachers(recipe::Recipe& recipe);

// As experiment_of(), to train: with the teachers' weights. Throws likewise, and UsageError if a teacher has
// other weights than the recipe says.
train::Experiment experiment_with_teachers(const recipe::Recipe& recipe);

}  // namespace rung::ladder

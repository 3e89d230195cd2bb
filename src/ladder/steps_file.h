// ladder.json: the recipes of a ladder, as resolved, so that a climb that was cut off can be gone on with.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "recipe/recipe.h"

namespace rung::ladder {

inline constexpr const char* kStepsFile = "ladder.json";

// Throws IoError.
void write_steps(const std::filesystem::path& folder, std::span<const recipe::Recipe> steps);

// At least one step, each of another name. Throws IoError, DataError if the file is none of ours, RecipeError
// for what a recipe in it says.
std::vector<recipe::Recipe> read_steps(const std::filesystem::path& folder);

}  // namespace rung::ladder

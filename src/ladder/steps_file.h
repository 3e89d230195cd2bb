// ladder.json: the recipes of a ladder, as resolved, so that a climb that was cut off can be gone on with.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"

namespace rung::ladder {

inline constexpr const char* kStepsFile = "ladder.json";

// Whether the folder holds a ladder, or the beginning of one.
bool holds_ladder(const std::filesystem::path& folder);

// Throws UsageError if it does.
void require_no_ladder(const std::filesystem::path& folder);

// Throws IoError.
void write_steps(const std::filesystem::path& folder, std::span<const recipe::Recipe> steps);

// At least one step, each of another name. `source` names the text in error messages. Throws DataError if the
// text is none of ours, RecipeError for what a recipe in it says.
std::vector<recipe::Recipe> parse_steps(std::string_view text, std::string_view source);

// The same from a folder's file. Throws IoError if it cannot be read.
std::vector<recipe::Recipe> read_steps(const std::filesystem::path& folder);

}  // namespace rung::ladder

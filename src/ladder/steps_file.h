// ladder.json: the resolved recipes of a ladder, so that an interrupted climb can resume.
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

// At least one step, with distinct names. Error messages call the text `source`. Throws DataError if the text
// is not a ladder file, RecipeError if one of its recipes is wrong.
std::vector<recipe::Recipe> parse_steps(std::string_view text, std::string_view source);

// The same from a folder's file. Throws IoError if it cannot be read.
std::vector<recipe::Recipe> read_steps(const std::filesystem::path& folder);

}  // namespace rung::ladder

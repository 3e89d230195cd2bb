// What the exporters share.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

#include "recipe/recipe.h"

namespace rung::app {

// Throws UsageError if the file exists.
void require_free(const std::filesystem::path& file);

// Of a run. Throws UsageError, or DataError if it is not a run's own.
recipe::Recipe exported_recipe(const std::filesystem::path& run);

// Warns if the run has not finished its `epochs`.
void warn_of_unfinished(const std::filesystem::path& run, int epochs);

// Declares rung export c.
void add_export_c(CLI::App& group);

}  // namespace rung::app

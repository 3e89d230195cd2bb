// Reads runs and ladders back from disk.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "train/run_record.h"

namespace rung::report {

struct StoredRun {
  std::filesystem::path folder;
  std::string name;  // the recipe's; see tell_apart()
  recipe::Recipe recipe;
  // From result.json. For an unfinished run: the epochs so far, and what follows from the recipe.
  train::RunRecord record;
  bool finished = false;
};

// Throws UsageError if the folder holds no run or one without an epoch, IoError if a file cannot be read,
// RecipeError or DataError (naming the file) if a file is malformed or belongs to another run.
StoredRun load_run(const std::filesystem::path& folder);

// Renames runs of the same name after their folders, or, if these are also the same, after their folders'
// paths.
void tell_apart(std::span<StoredRun> runs);

// Whether the folder itself holds a run, as opposed to a ladder's steps.
bool is_run(const std::filesystem::path& folder);

// The folders of the runs in these folders, each a run's or a ladder's. A ladder's steps come in order,
// without those that have no epoch yet. Throws UsageError for a folder that is neither or has no run to show,
// and as ladder::read_steps() does.
std::vector<std::filesystem::path> find_runs(std::span<const std::filesystem::path> folders);

}  // namespace rung::report

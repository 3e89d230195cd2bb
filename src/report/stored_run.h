// Reads back what runs and ladders left on disk.
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
  // From result.json. Of a run that has not finished: the epochs so far, and what follows from the recipe.
  train::RunRecord record;
  bool finished = false;
};

// Throws UsageError if the folder holds no run or one without an epoch, IoError if a file cannot be read,
// RecipeError or DataError (naming the file) if it is not what such a file is, or belongs to another run.
StoredRun load_run(const std::filesystem::path& folder);

// Gives runs of one name those of their folders, or if these are the same too, their folders' paths.
void tell_apart(std::span<StoredRun> runs);

// Whether the folder holds a run of its own, as opposed to a ladder's steps.
bool is_run(const std::filesystem::path& folder);

// The folders of the runs in these folders, each a run's or a ladder's. A ladder's steps come in order; those
// that have no epoch yet are left out. Throws UsageError for a folder that is neither or has no run to show,
// and as ladder::read_steps().
std::vector<std::filesystem::path> find_runs(std::span<const std::filesystem::path> folders);

}  // namespace rung::report

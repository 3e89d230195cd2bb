// A sweep's folder: recipes/NAME.toml, plan.json, and a folder for each run, runs/NAME-seedN. A finished run
// is one whose result.json can be read, a diverged one has diverged.txt. Seeds and recipes can be added to a
// sweep; its existing recipes stay unchanged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ladder/job.h"
#include "sweep/sweep_plan.h"
#include "train/run_directory.h"
#include "train/run_record.h"

namespace rung::sweep {

struct SweepRun {
  size_t recipe = 0;  // in the plan
  uint64_t seed = 0;
  std::string name;  // "step5-seed3", also its folder's
  std::optional<train::RunRecord> record;
  std::string error;  // why there is no record; empty while unknown
  bool diverged = false;

  bool is_over() const { return record || !error.empty(); }
};

// The plan's runs, recipe by recipe, seed by seed, as if none had started.
std::vector<SweepRun> runs_of(const SweepPlan& plan);

// The recipe with the run's seed.
recipe::Recipe recipe_of(const SweepPlan& plan, const SweepRun& run);

std::filesystem::path run_folder(const std::filesystem::path& sweep, const SweepRun& run);

// If the run's folder says that the run is over, notes how it ended. Throws IoError if a file cannot be read.
void read_end(const std::filesystem::path& sweep, const SweepPlan& plan, SweepRun& run);

// In the folder of a run that diverged: why, as text.
inline constexpr const char* kDivergedFile = train::kDivergedFile;

// The plan with the names under which the folder has its recipes: which keys vary, and so are in the names,
// can change from one command to the next.
SweepPlan with_stored_names(const std::filesystem::path& folder, SweepPlan plan);

// Throws UsageError if the folder has recipes that are not the plan's, naming the first key that differs, or
// is a run's or a ladder's; throws as recipe::load() does if a recipe in it cannot be read.
void require_same_recipes(const std::filesystem::path& folder, const SweepPlan& plan);

// Writes the plan, and those of its recipes that are not yet in the folder. Precondition: the folder is
// claimed. Throws IoError.
void store_plan(const std::filesystem::path& folder, const SweepPlan& plan);

// When the plan was written; the smallest time if there is none.
std::filesystem::file_time_type plan_time(const std::filesystem::path& folder);

// The stored plan. Throws DataError if it is not a plan, and as recipe::load() does.
SweepPlan load_plan(const std::filesystem::path& folder);

}  // namespace rung::sweep

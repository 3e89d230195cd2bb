// A training job as its folder shows it: a run, or a ladder of them, perhaps running in another process.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "train/run_status.h"

namespace rung::ladder {

// Throw UsageError, naming what the folder holds instead, if it holds no run, or no ladder.
void require_run(const std::filesystem::path& folder);
void require_ladder(const std::filesystem::path& folder);

// In the folder of a sweep: its plan, and the folders of its runs.
inline constexpr const char* kSweepPlan = "plan.json";
inline constexpr const char* kSweepRuns = "runs";

bool holds_sweep(const std::filesystem::path& folder);

// In the folder of a search: its plan.
inline constexpr const char* kSearchPlan = "search.json";

bool holds_search(const std::filesystem::path& folder);

// Throws UsageError if the folder already holds a run, a ladder, a sweep or a search.
void require_no_job(const std::filesystem::path& folder);

struct Job {
  struct Step {
    std::filesystem::path folder;
    recipe::Recipe recipe;
  };

  std::filesystem::path folder;
  bool is_ladder = false;
  std::vector<Step> steps;  // at least one
};

// Throws UsageError if the folder holds neither a run nor a ladder, and as the readers of their files do.
Job load_job(const std::filesystem::path& folder);

struct JobStatus {
  train::RunState state = train::RunState::kNotBegun;
  std::vector<train::RunStatus> steps;  // as in Job::steps
  size_t current = 0;                   // the first step that is not finished, or the last
};

// Throws as train::look_at_run() does.
JobStatus look_at(const Job& job);

}  // namespace rung::ladder

#include "ladder/job.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/claimed_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "ladder/steps_file.h"
#include "train/run_directory.h"

namespace rung::ladder {
namespace {

using train::RunState;

bool is_finished(const train::RunStatus& step) {
  return step.state == RunState::kFinished;
}

struct OtherKind {
  bool (*holds)(const std::filesystem::path&);
  const char* kind;
};
constexpr OtherKind kOtherKinds[] = {{holds_sweep, "sweep"}, {holds_search, "search"}};

// The state of a ladder. A step's own folder cannot know that a step that was interrupted before waits for
// its turn when the ladder resumes.
RunState state_of(JobStatus& status, bool claimed) {
  if (std::all_of(status.steps.begin(), status.steps.end(), is_finished)) return RunState::kFinished;
  if (!claimed) return RunState::kStopped;
  for (train::RunStatus& step : status.steps)
    if (step.state == RunState::kStopped) step.state = RunState::kNotBegun;
  return RunState::kRunning;
}

}  // namespace

void require_run(const std::filesystem::path& folder) {
  const std::string name = folder.string();
  if (train::holds_run(folder)) return;
  if (holds_ladder(folder))
    throw UsageError(fmt::format("{} holds a ladder, not a run", name),
                     "give one of its steps, or resume it with `rung climb --resume`");
  for (const auto& [holds, kind] : kOtherKinds)
    if (holds(folder))
      throw UsageError(fmt::format("{} holds a {}, not a run", name, kind),
                       fmt::format("give one of the runs in {}", (folder / kSweepRuns).string()));
  throw UsageError(fmt::format("{} holds no run", name), "give a folder that `rung train` writes to");
}

void require_ladder(const std::filesystem::path& folder) {
  const std::string name = folder.string();
  if (holds_ladder(folder)) return;
  if (train::holds_run(folder))
    throw UsageError(fmt::format("{} holds a run, not a ladder", name),
                     "resume it with `rung train --resume`");
  if (holds_sweep(folder))
    throw UsageError(fmt::format("{} holds a sweep, not a ladder", name),
                     "give the `rung sweep` command that started it again");
  throw UsageError(fmt::format("{} holds no ladder", name), "give a folder that `rung climb` writes to");
}

bool holds_sweep(const std::filesystem::path& folder) {
  return is_there(folder / kSweepPlan);
}

bool holds_search(const std::filesystem::path& folder) {
  return is_there(folder / kSearchPlan);
}

void require_no_job(const std::filesystem::path& folder) {
  train::require_no_run(folder);
  require_no_ladder(folder);
  for (const auto& [holds, kind] : kOtherKinds)
    if (holds(folder))
      throw UsageError(fmt::format("{} already holds a {}", folder.string(), kind),
                       "choose another folder with --out, or remove it");
}

Job load_job(const std::filesystem::path& folder) {
  Job job;
  job.folder = folder;
  if (holds_ladder(folder)) {
    job.is_ladder = true;
    for (const recipe::Recipe& recipe : read_steps(folder))
      job.steps.push_back({folder / recipe.name, recipe});
  } else if (train::holds_run(folder)) {
    job.steps.push_back({folder, recipe::load_stored(folder / train::kRecipeFile)});
  } else {
    throw UsageError(fmt::format("{} holds no run, no ladder and no sweep", folder.string()),
                     "give a folder that `rung train`, `rung climb` or `rung sweep` writes to");
  }
  return job;
}

JobStatus look_at(const Job& job) {
  JobStatus status;
  const bool claimed = job.is_ladder && is_claimed(job.folder);  // first, as look_at_run() does
  for (const Job::Step& step : job.steps)
    status.steps.push_back(train::look_at_run(step.folder, step.recipe.training.epochs));
  const auto unfinished = std::find_if_not(status.steps.begin(), status.steps.end(), is_finished);
  status.current = std::min(static_cast<size_t>(unfinished - status.steps.begin()), status.steps.size() - 1);
  status.state = job.is_ladder ? state_of(status, claimed) : status.steps.front().state;
  return status;
}

}  // namespace rung::ladder

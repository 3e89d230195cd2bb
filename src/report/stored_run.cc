#include "report/stored_run.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "ladder/run.h"
#include "ladder/steps_file.h"
#include "nn/infer.h"
#include "report/write_report.h"
#include "sweep/sweep_folder.h"
#include "train/run_directory.h"

namespace rung::report {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool has_epochs(const fs::path& folder) {
  std::error_code ignored;
  const fs::path metrics = folder / train::kMetricsFile;
  return is_file(folder / train::kResultFile) || (is_file(metrics) && fs::file_size(metrics, ignored) > 0);
}

// For a run that is running, or was interrupted.
train::RunRecord record_so_far(const fs::path& folder, const recipe::Recipe& recipe) {
  train::RunRecord record;
  record.recipe = recipe.name;
  record.title = recipe.title;
  record.seed = recipe.seed;
  record.params = nn::infer(recipe.model).params;
  record.epochs = train::read_epochs(folder);
  return record;
}

std::vector<fs::path> steps_of(const fs::path& ladder) {
  std::vector<fs::path> steps;
  for (const recipe::Recipe& recipe : ladder::read_steps(ladder))
    if (const fs::path step = ladder / recipe.name; is_run(step) && has_epochs(step)) steps.push_back(step);
  if (steps.empty())
    throw UsageError(fmt::format("{} holds a ladder without a finished epoch", ladder.string()),
                     "wait for its first epoch, or climb it again");
  return steps;
}

// The folder's own name, however its path is written.
std::string folder_name(const fs::path& folder) {
  const fs::path plain = fs::absolute(folder).lexically_normal();
  return (plain.has_filename() ? plain : plain.parent_path()).filename().string();
}

}  // namespace

bool is_run(const fs::path& folder) {
  return is_file(folder / train::kRecipeFile);
}

StoredRun load_run(const fs::path& folder) {
  const auto recipe = recipe::load_stored(folder / train::kRecipeFile);
  if (!has_epochs(folder))
    throw UsageError(fmt::format("{} holds a run without a finished epoch", folder.string()),
                     "wait for its first epoch, or train it again");
  const bool finished = is_file(folder / train::kResultFile);
  return {.folder = folder,
          .name = recipe.name,
          .recipe = recipe,
          .record = finished ? ladder::read_result(folder, recipe) : record_so_far(folder, recipe),
          .finished = finished};
}

void tell_apart(std::span<StoredRun> runs) {
  const auto rename_equal = [&](auto other_name) {
    std::map<std::string, int> uses;
    for (const StoredRun& run : runs) ++uses[run.name];
    for (StoredRun& run : runs)
      if (uses[run.name] > 1) run.name = other_name(run);
  };
  rename_equal([](const StoredRun& run) { return folder_name(run.folder); });
  rename_equal([](const StoredRun& run) { return run.folder.string(); });
}

std::vector<fs::path> find_runs(std::span<const fs::path> folders) {
  std::vector<fs::path> runs;
  for (const fs::path& folder : folders) {
    if (is_run(folder)) {
      runs.push_back(folder);
    } else if (ladder::holds_ladder(folder)) {
      const auto steps = steps_of(folder);
      runs.insert(runs.end(), steps.begin(), steps.end());
    } else if (ladder::holds_sweep(folder)) {
      throw UsageError(
          fmt::format("{} holds a sweep, which gets a page of its own at its end", folder.string()),
          fmt::format("open {}, or give runs in {}", (folder / kReportFile).string(),
                      (folder / ladder::kSweepRuns).string()));
    } else {
      throw UsageError(fmt::format("{} holds neither a run nor a ladder", folder.string()),
                       "give a folder that `rung train` or `rung climb` has written");
    }
  }
  return runs;
}

}  // namespace rung::report

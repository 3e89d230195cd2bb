#include "teachers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "command_line.h"
#include "interrupt.h"
#include "ladder/job.h"
#include "ladder/run.h"
#include "optim/training_spec.h"
#include "search/search_report.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

fs::path trained(const std::string& source, const EngineOptions& engine) {
  recipe::Recipe recipe = recipe::load(find_recipe(source));
  const auto& distill = recipe.training.distill;
  if (distill && std::ranges::any_of(distill->teachers, optim::is_recipe))
    throw UsageError(fmt::format("the teacher {} has a recipe as its own teacher", quotable(source)),
                     "train that first, and give the folder of the run");
  fs::path folder =
      fs::absolute(fs::path("runs") / fmt::format("teacher-{}-seed{}", recipe.name, recipe.seed));
  ThreadPool pool = engine.make_pool();
  const data::Dataset data = engine.load(recipe);
  ladder::require_fit(recipe, data);
  ladder::require_same_run(folder, recipe);
  if (is_there(folder / train::kResultFile)) return folder;
  say("First the teacher, {}\n", recipe.title);
  show_folder(folder);
  const InterruptGuard guard;
  run_and_show(recipe, data, pool, {.folder = folder, .start = train::Start::kResume}, nullptr,
               fmt::format("{} train --resume {}", program_word(), shell_word(folder.string())));
  return folder;
}

// Several, because the mean of what they say is better than what any of them says.
std::vector<fs::path> best_of(const fs::path& folder) {
  constexpr size_t kEnsemble = 4;
  std::vector<fs::path> runs = search::best_runs(folder, kEnsemble);
  if (runs.empty())
    throw UsageError(fmt::format("the search {} has trained nothing for all epochs yet", folder.string()),
                     "let it go on, or name another teacher");
  return runs;
}

}  // namespace

void find_teachers(recipe::Recipe& recipe, const EngineOptions& engine) {
  if (!recipe.training.distill) return;
  std::vector<optim::Teacher> teachers;
  for (optim::Teacher& teacher : recipe.training.distill->teachers) {
    if (!optim::is_recipe(teacher) && ladder::holds_search(teacher.source)) {
      for (const fs::path& run : best_of(teacher.source)) teachers.push_back({run.string(), ""});
      continue;
    }
    if (optim::is_recipe(teacher)) teacher.source = trained(teacher.source, engine).string();
    teachers.push_back(std::move(teacher));
  }
  if (teachers.size() > optim::kMostTeachers)
    throw UsageError(fmt::format("there are {} teachers, and at most {} are possible", teachers.size(),
                                 optim::kMostTeachers),
                     "a search counts as its best runs: name fewer of them");
  recipe.training.distill->teachers = std::move(teachers);
}

}  // namespace rung::app

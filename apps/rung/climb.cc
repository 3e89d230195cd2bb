// rung climb [RECIPE...]
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/claimed_folder.h"
#include "base/file.h"
#include "commands.h"
#include "interrupt.h"
#include "ladder/analysis.h"
#include "ladder/job.h"
#include "ladder/markdown.h"
#include "ladder/steps_file.h"
#include "options.h"
#include "report.h"
#include "report/report.h"
#include "table.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

constexpr const char* kDocument = "ladder.md";

struct Options {
  std::vector<std::string> recipes;
  EngineOptions engine;
  RunOptions run;
  OutputOptions output;
};

// Every recipe is read before anything runs, so that the last one's typing error does not cost the first
// ones' time.
std::vector<recipe::Recipe> load_recipes(const Options& options) {
  std::vector<recipe::Recipe> recipes;
  std::set<std::string> names;
  for (const std::string& path : options.recipes.empty() ? ladder_recipes() : options.recipes) {
    recipes.push_back(options.run.load(path));
    const std::string name = recipes.back().name;
    for (int number = 2; !names.insert(recipes.back().name).second; ++number)
      recipes.back().name = fmt::format("{}-{}", name, number);
    if (recipes.back().name.size() > recipe::kLongestName)
      throw UsageError(fmt::format("two of the recipes are called {}", name),
                       "give one of them another `name`");
    if (recipes.back().dataset.name != recipes.front().dataset.name)
      throw UsageError(
          fmt::format("{} trains on {}, but {} on {}", recipes.front().name, recipes.front().dataset.name,
                      recipes.back().name, recipes.back().dataset.name),
          "steps are compared on the same test images; climb them apart");
  }
  return recipes;
}

// Nothing in the folder would be overwritten, now or after hours.
void require_new(const std::filesystem::path& folder, const std::vector<recipe::Recipe>& recipes) {
  ladder::require_no_job(folder);
  if (is_there(folder / kDocument))
    throw UsageError(fmt::format("{} already holds a {}", folder.string(), kDocument),
                     "choose another folder with --out, or remove it");
  for (const recipe::Recipe& recipe : recipes) train::require_no_run(folder / recipe.name);
}

void show_results(const Options& options, const std::filesystem::path& folder,
                  const std::vector<ladder::Outcome>& steps, const std::vector<ladder::Analysis>& analyses) {
  if (!options.output.json) {
    say_markdown("\n" + ladder::ladder_document(steps, analyses) + "\n");
    return say("Written to {}\n", (folder / kDocument).string());
  }
  nlohmann::ordered_json document{{"ladder_dir", folder.string()},
                                  {"steps", nlohmann::ordered_json::array()}};
  for (size_t step = 0; step < steps.size(); ++step)
    document["steps"].push_back(document_of(steps[step], analyses[step], folder / steps[step].recipe.name));
  write_json(document);
}

int climb(const Options& options) {
  options.output.apply();
  const bool resume = !options.run.resume.empty();
  if (resume) ladder::require_ladder(options.run.resume);
  const auto recipes = resume ? ladder::read_steps(options.run.resume) : load_recipes(options);
  const auto folder = resume ? std::filesystem::path(options.run.resume)
                             : options.run.folder(fmt::format("climb-seed{}", recipes.front().seed));
  if (!resume) require_new(folder, recipes);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipes.front().dataset.name);
  for (const recipe::Recipe& recipe : recipes) train::require_fit(ladder::experiment_of(recipe), data);
  const ClaimedFolder claim(folder);
  if (!resume) {
    require_new(folder, recipes);  // another process may have begun something meanwhile
    ladder::write_steps(folder, recipes);
  }
  for (const char* file : {kDocument, ladder::kStepsFile, report::kReportFile})
    remove_leftovers_of(folder / file);

  std::vector<ladder::Outcome> steps;
  std::vector<ladder::Analysis> analyses;
  std::optional<InterruptGuard> guard(std::in_place);
  for (const recipe::Recipe& recipe : recipes) {
    say("\n{}/{} {}\n", steps.size() + 1, recipes.size(), recipe.title);
    const bool was_done = is_there(folder / recipe.name / train::kResultFile);
    const ladder::RunPlace place{folder / recipe.name, resume ? train::Start::kResume : train::Start::kNew,
                                 options.run.checkpoint_seconds};
    const ladder::Outcome* previous = steps.empty() ? nullptr : &steps.back();
    ladder::Outcome outcome = run_and_show(recipe, data, pool, place, previous,
                                           resume_command("climb", folder, options.engine, options.run));
    analyses.push_back(ladder::analyse(outcome, previous, data.test.labels));
    steps.push_back(std::move(outcome));
    if (!was_done || steps.size() == recipes.size())  // or it would lose the steps after this one for a while
      replace_file(folder / kDocument, ladder::ladder_document(steps, analyses));
  }
  guard.reset();
  show_results(options, folder, steps, analyses);
  report_on(folder, data, pool);
  const bool all_met =
      std::all_of(steps.begin(), steps.end(), [](const auto& step) { return step.targets_met(); });
  return options.run.strict && !all_met ? kTargetMissed : kDone;
}

}  // namespace

void add_climb(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "climb", "Train a ladder of recipes, each compared with the one before, and write the report");
  CLI::Option* recipes = command->add_option(
      "RECIPE", options->recipes, "Recipes in order (default: the five steps of the MNIST ladder)");
  options->engine.add_to(*command);
  options->run.add_to(*command, *recipes);
  options->output.add_to(*command);
  command->footer(
      "Ctrl-C and SIGTERM end it after the current batch, with a checkpoint to go on from.\n"
      "Example:\n  rung climb --epochs 1\n  rung climb step2 step3 --seed 7\n  rung climb --resume "
      "runs/climb-seed7");
  command->callback([options, &exit_code] { exit_code = climb(*options); });
}

}  // namespace rung::app

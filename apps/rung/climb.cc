// rung climb [RECIPE...]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "bar.h"
#include "base/claimed_folder.h"
#include "base/file.h"
#include "base/new_folder.h"
#include "command_line.h"
#include "commands.h"
#include "data/arrange.h"
#include "interrupt.h"
#include "ladder/analysis.h"
#include "ladder/forecast.h"
#include "ladder/job.h"
#include "ladder/markdown.h"
#include "ladder/steps_file.h"
#include "ladder_view.h"
#include "options.h"
#include "report.h"
#include "report/write_report.h"
#include "table.h"
#include "teachers.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

constexpr const char* kDocument = "ladder.md";

struct Options {
  const CLI::App* given = nullptr;  // the command line
  std::vector<std::string> recipes;
  EngineOptions engine;
  RunOptions run;
  OutputOptions output;
};

void require_same_images(const recipe::Recipe& first, const recipe::Recipe& other) {
  if (first.dataset.name != other.dataset.name)
    throw UsageError(fmt::format("{} trains on {}, but {} on {}", first.name, first.dataset.name, other.name,
                                 other.dataset.name),
                     "steps are compared on the same test images; climb them apart");
  if (data::arrangement_of(first.dataset) != data::arrangement_of(other.dataset))
    throw UsageError(fmt::format("{} and {} split the images of {} in different ways", first.name, other.name,
                                 first.dataset.name),
                     "give both the same test, validation and split_seed, or climb them apart");
}

// Every recipe is read before anything runs, so that a typing error in the last does not cost the time of the
// first.
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
    require_same_images(recipes.front(), recipes.back());
  }
  return recipes;
}

// Checks that nothing in the folder will be overwritten, now or hours later.
void require_new(const std::filesystem::path& folder, const std::vector<recipe::Recipe>& recipes) {
  ladder::require_no_job(folder);
  if (is_there(folder / kDocument))
    throw UsageError(fmt::format("{} already holds a {}", folder.string(), kDocument),
                     "choose another folder with --out, or remove it");
  for (const recipe::Recipe& recipe : recipes) train::require_no_run(folder / recipe.name);
}

nlohmann::ordered_json json_of(const std::filesystem::path& folder, const std::vector<ladder::Outcome>& steps,
                               const std::vector<ladder::Analysis>& analyses) {
  nlohmann::ordered_json document{{"ladder_dir", folder.string()},
                                  {"steps", nlohmann::ordered_json::array()}};
  for (size_t step = 0; step < steps.size(); ++step)
    document["steps"].push_back(document_of(steps[step], analyses[step], folder / steps[step].recipe.name));
  return document;
}

// How commands name a step: by Rung's name for it, or by the recipe in its run's folder.
std::string recipe_word(const Options& options, const std::filesystem::path& folder,
                        const ladder::Outcome& step) {
  const bool is_own = options.recipes.empty() && options.run.resume.empty();
  return is_own ? step.recipe.name : shell_word((folder / step.recipe.name / train::kRecipeFile).string());
}

void suggest(const Options& options, const std::filesystem::path& folder,
             const std::vector<ladder::Outcome>& steps) {
  const std::string rung = program_word();
  const std::string data = options.engine.data_option();
  const std::string last = recipe_word(options, folder, steps.back());
  const bool has_others = steps.size() > 1;
  const std::string before = has_others ? recipe_word(options, folder, steps[steps.size() - 2]) + " " : "";
  const uint64_t other_seed = steps.back().recipe.seed == 1 ? 2 : 1;
  say_suggestions(
      {{fmt::format("{} summary {}", rung, last), "the network layer by layer, and advice"},
       {fmt::format("{} train {} --seed {}{}", rung, last, other_seed, data),
        "the last step with another seed"},
       {fmt::format("{} sweep {}{} --seeds 1..3{}", rung, before, last, data),
        has_others ? "is the last step better than the one before?" : "the mean over three seeds"}});
}

void show_results(const Options& options, const std::filesystem::path& folder,
                  const std::vector<ladder::Outcome>& steps, const std::vector<ladder::Analysis>& analyses) {
  if (options.output.json) return write_json(json_of(folder, steps, analyses));
  if (options.run.full) {
    say_markdown("\n" + ladder::ladder_document(steps, analyses));
  } else {
    say_ladder(steps, analyses);
  }
  say_goal(steps.back());
  say("\nWritten to {}{}\n", (folder / kDocument).string(),
      options.run.full ? "" : ", with more about every step");
}

// "This will take about 3 minutes on this machine": said once, as soon as the speed is known.
class Timetable {
 public:
  Timetable(const std::vector<recipe::Recipe>& recipes, const data::Dataset& data)
      : forecast_(work(recipes, data)) {}

  // After a batch of that step. Empty, but for the one time.
  std::string on_batch(size_t step, const train::Progress& progress) {
    const double share = static_cast<double>(progress.batch) / progress.batches;
    forecast_.note(step, progress.epoch - 1, share, seconds());
    const auto left = forecast_.seconds_left();
    if (!left || std::exchange(is_said_, true)) return "";
    return fmt::format("This will take about {} on this machine.", rough_duration(seconds() + *left));
  }

  // Before a step.
  std::string left() const {
    const auto left = forecast_.seconds_left();
    return left ? fmt::format("About {} are left.", rough_duration(*left)) : "";
  }

 private:
  using Clock = std::chrono::steady_clock;

  static std::vector<ladder::RunWork> work(const std::vector<recipe::Recipe>& recipes,
                                           const data::Dataset& data) {
    std::vector<ladder::RunWork> work;
    for (const recipe::Recipe& recipe : recipes) work.push_back(ladder::work_of(recipe, data));
    return work;
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  ladder::Forecast forecast_;
  Clock::time_point start_ = Clock::now();
  bool is_said_ = false;
};

void announce(size_t step, size_t steps, const std::string& title, const std::string& left) {
  say("\n{}/{} {}\n{}", step + 1, steps, title, left.empty() ? "" : left + "\n");
}

bool is_finished(const std::filesystem::path& folder, const std::vector<recipe::Recipe>& recipes) {
  return std::ranges::all_of(recipes, [&](const recipe::Recipe& recipe) {
    return is_there(folder / recipe.name / train::kResultFile);
  });
}

int climb(const Options& options) {
  options.output.apply();
  const bool resume = !options.run.resume.empty();
  if (resume) ladder::require_ladder(options.run.resume);
  auto recipes = resume ? ladder::read_steps(options.run.resume) : load_recipes(options);
  if (!options.run.out.empty()) require_new(options.run.out, recipes);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipes.front());
  for (recipe::Recipe& recipe : recipes) {
    find_teachers(recipe, options.engine);
    ladder::resolve(recipe, data);
    ladder::require_fit(recipe, data);
  }
  warn_of_images(data, recipes.front(), options.engine);
  std::optional<InterruptGuard> guard(std::in_place);
  std::optional<NewFolder> made;
  const auto folder = options.run.folder("climb", recipes.front().seed, made);
  const ClaimedFolder claim(folder);
  if (!is_finished(folder, recipes)) show_folder(folder);
  if (!resume) {
    require_new(folder, recipes);  // another process may have started something meanwhile
    ladder::write_steps(folder, recipes);
  }
  for (const char* file : {kDocument, ladder::kStepsFile, report::kReportFile})
    remove_leftovers_of(folder / file);

  std::vector<ladder::Outcome> steps;
  std::vector<ladder::Analysis> analyses;
  Timetable timetable(recipes, data);
  for (const recipe::Recipe& recipe : recipes) {
    announce(steps.size(), recipes.size(), recipe.title, timetable.left());
    const bool was_done = is_there(folder / recipe.name / train::kResultFile);
    const ladder::RunPlace place{folder / recipe.name, resume ? train::Start::kResume : train::Start::kNew,
                                 options.run.checkpoint_seconds};
    const ladder::Outcome* previous = steps.empty() ? nullptr : &steps.back();
    ladder::Outcome outcome = run_and_show(
        recipe, data, pool, place, previous, repeated_with(*options.given, "--resume", folder.string()),
        [&](const train::Progress& progress) { return timetable.on_batch(steps.size(), progress); });
    analyses.push_back(ladder::analyse(outcome, previous, data.test.labels));
    steps.push_back(std::move(outcome));
    if (!was_done || steps.size() == recipes.size())  // otherwise it would lose the later steps for a while
      replace_file(folder / kDocument, ladder::ladder_document(steps, analyses));
  }
  guard.reset();
  show_results(options, folder, steps, analyses);
  report_on(folder, data, pool);
  if (!options.output.json) suggest(options, folder, steps);
  const bool all_met =
      std::all_of(steps.begin(), steps.end(), [](const auto& step) { return step.targets_met(); });
  return options.run.strict && !all_met ? kTargetMissed : kDone;
}

}  // namespace

void add_climb(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("climb", "Train a ladder of recipes, step by step");
  options->given = command;
  CLI::Option* recipes = command->add_option("RECIPE", options->recipes,
                                             "Recipes in order (default: the six steps of the MNIST ladder)");
  options->engine.add_to(*command);
  options->run.add_to(*command, *recipes);
  options->output.add_to(*command);
  command->footer(
      "Ctrl-C, SIGTERM and a closed pipe end it after the current batch, with a checkpoint from which "
      "--resume\ncontinues. The whole report is in ladder.md and report.html in the ladder's folder.\n"
      "Example:\n  rung climb\n  rung climb --epochs 1              # a quick look\n"
      "  rung climb step2 step3 --seed 7    # other steps, another seed\n"
      "  rung climb --resume runs/climb-seed7");
  command->callback([options, &exit_code] { exit_code = climb(*options); });
}

}  // namespace rung::app

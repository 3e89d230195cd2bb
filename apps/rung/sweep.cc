// rung sweep RECIPE...
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/new_folder.h"
#include "base/text.h"
#include "command_line.h"
#include "commands.h"
#include "crews.h"
#include "data/arrange.h"
#include "data/remarks.h"
#include "display.h"
#include "interrupt.h"
#include "ladder/run.h"
#include "ladder/teacher.h"
#include "options.h"
#include "recipe/settings.h"
#include "report/sweep_page.h"
#include "report/write_report.h"
#include "sweep/crew.h"
#include "sweep/mpi.h"
#include "sweep/sweep.h"
#include "sweep/sweep_integers.h"
#include "sweep/sweep_ranks.h"
#include "sweep/sweep_report.h"
#include "table.h"
#include "teachers.h"
#include "terminal.h"
#include "training.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestFolderName = 100;

struct Options {
  const CLI::App* given = nullptr;  // the command line
  std::vector<std::string> recipes;
  std::string seeds = "0..19";
  RecipeOptions changes;
  std::string out;
  CrewOptions crew;
  EngineOptions engine;
  bool int8 = false;
  OutputOptions output;
};

sweep::SweepPlan plan_of(const Options& options) {
  std::vector<recipe::Recipe> recipes;
  for (const std::string& name : options.recipes) recipes.push_back(options.changes.load(name));
  return sweep::make_plan(recipes, options.changes.settings, sweep::parse_seeds(options.seeds));
}

// Where --out is not given. The same for the same recipes and keys: "runs/sweep-step4-step5-lr".
fs::path default_folder(const Options& options) {
  std::string name = "sweep";
  for (const std::string& recipe : options.recipes) name += "-" + fs::path(recipe).stem().string();
  for (const std::string& axis : options.changes.settings) {
    const std::string key = axis.substr(0, axis.find('='));
    name += "-" + key.substr(key.rfind('.') + 1);
  }
  return fs::path("runs") / name.substr(0, kLongestFolderName);
}

// Of the default folder and its numbered ones, the first that holds this sweep, so that the same command
// resumes it. Says why another is passed over. Null if there is none.
std::unique_ptr<sweep::Sweep> find_sweep(const Options& options, const sweep::SweepPlan& plan) {
  std::error_code ignored;
  for (int number = 1;; ++number) {
    const fs::path folder = numbered(default_folder(options), number);
    if (!fs::exists(folder, ignored)) return nullptr;
    if (!ladder::holds_sweep(folder)) continue;
    try {
      return std::make_unique<sweep::Sweep>(plan, folder);
    } catch (const UsageError& error) {
      say("{}\n", error.what());
    }
  }
}

// The images of the plan's recipes, and what only they tell of the recipes.
class ImageLoader {
 public:
  explicit ImageLoader(const Options& options) : options_(options) {}

  // Writes into the recipes what only their images tell; loads no others.
  void resolve(std::vector<recipe::Recipe>& recipes) {
    for (recipe::Recipe& recipe : recipes) {
      if (!data::is_resolved(recipe.dataset)) recipe.dataset = resolved(recipe);
      find_teachers(recipe, options_.engine);
      ladder::resolve_teachers(recipe);
    }
  }

  // Of recipes that are resolved.
  const sweep::Datasets& load(std::span<const recipe::Recipe> recipes) {
    std::vector<std::string> remarks;
    for (recipe::Recipe recipe : recipes) {
      const std::string arrangement = data::arrangement_of(recipe.dataset);
      if (!datasets_.contains(arrangement)) datasets_.emplace(arrangement, options_.engine.load(recipe));
      const data::Dataset& data = datasets_.at(arrangement);
      ladder::require_fit(recipe, data);
      // (What is looked at once is not looked at again for every combination of settings.)
      const int outputs = recipe.model.classes;
      if (!looked_at_.emplace(arrangement, recipe.dataset.validation.images, outputs).second) continue;
      std::ranges::move(data::remarks_on(data, recipe.dataset, outputs), std::back_inserter(remarks));
    }
    for (const std::string& remark : std::set(remarks.begin(), remarks.end())) warn(remark);
    warn_of_copies(recipes);
    return datasets_;
  }

 private:
  // Once for each folder, however its images are split.
  void warn_of_copies(std::span<const recipe::Recipe> recipes) const {
    std::set<std::string> seen;
    for (const recipe::Recipe& recipe : recipes) {
      if (!seen.insert(recipe.dataset.name).second) continue;
      const data::Dataset& data = datasets_.at(data::arrangement_of(recipe.dataset));
      const std::string remark = check_remark(data, recipe.dataset.name, options_.engine);
      if (!remark.empty()) warn(remark);
    }
  }

  // A sweep may have hundreds of recipes that say the same of their images.
  data::DatasetSpec resolved(recipe::Recipe recipe) {
    const data::DatasetSpec before = recipe.dataset;
    const auto known = std::ranges::find(resolved_, before, &Resolved::before);
    if (known != resolved_.end()) return known->after;
    data::Dataset data = options_.engine.load(recipe);
    datasets_.try_emplace(data::arrangement_of(recipe.dataset), std::move(data));
    resolved_.push_back({before, recipe.dataset});
    return recipe.dataset;
  }

  struct Resolved {
    data::DatasetSpec before;
    data::DatasetSpec after;
  };

  const Options& options_;
  std::vector<Resolved> resolved_;
  sweep::Datasets datasets_;
  std::set<std::tuple<std::string, int, int>> looked_at_;
};

size_t runs_over(const sweep::Sweep& sweep) {
  return static_cast<size_t>(std::ranges::count_if(sweep.runs(), &sweep::SweepRun::is_over));
}

// "17 of 40 runs are over".
std::string over_text(const sweep::Sweep& sweep) {
  const size_t over = runs_over(sweep);
  return fmt::format("{} of {} {} over", over, counted(sweep.runs().size(), "run"), over == 1 ? "is" : "are");
}

void carry_out(sweep::Sweep& sweep, const Options& options, const sweep::Datasets& datasets,
               sweep::Processes* processes) {
  for (const recipe::Recipe& recipe : sweep.plan().recipes)
    warn_of_schedule(recipe, datasets.at(data::arrangement_of(recipe.dataset)));
  SweepDisplay display(sweep::compared_metric(sweep.plan()));
  const sweep::SweepObserver observer{
      .on_run = [&](const auto& run, const auto& progress) { display.on_run(run, progress); },
      .on_progress = [&](const auto& progress) { display.on_progress(progress); },
      .should_stop = [] { return InterruptGuard::signal() != 0; }};
  const std::string hint =
      fmt::format("resume with `{}`", repeated_with(*options.given, "--out", sweep.folder().string()));
  try {
    sweep::LocalCrew here(std::min(options.crew.jobs_or_cores(), sweep.unfinished()), datasets,
                          options.crew.checkpoint_seconds);
    std::vector<sweep::Crew*> crews = {&here};
    std::optional<sweep::RemoteCrew> others;
    if (processes != nullptr) crews.push_back(&others.emplace(*processes, datasets, sweep.plan().recipes));
    sweep.run(crews, observer);
    if (const int signal = InterruptGuard::signal(); signal != 0)
      throw Interrupted(signal, "interrupted after the last run", hint);
  } catch (const ladder::Stopped&) {
    throw Interrupted(InterruptGuard::signal(), fmt::format("interrupted: {}", over_text(sweep)), hint);
  } catch (const NoSpaceError& error) {
    throw NoSpaceError(error.what(), hint);
  }
}

// Writes and shows the results. Throws Error if a run did not finish.
void show(const sweep::Sweep& sweep, std::vector<sweep::IntegerStatistics> integers,
          const OutputOptions& output) {
  sweep::SweepStatistics statistics = sweep::statistics_of(sweep.plan(), sweep.runs());
  statistics.integers = std::move(integers);
  const auto json = report::write_sweep_results(sweep, statistics);
  if (output.json) {
    write_json(json);
  } else {
    say_markdown("\n" + sweep::sweep_document(sweep, statistics, talk_columns()) + "\n");
    say("Written to {} and {}\n", (sweep.folder() / sweep::kSweepDocument).string(), sweep::kSweepJson);
    say("To look at in a browser: {}\n", (sweep.folder() / report::kReportFile).string());
  }
  if (const auto failures = sweep::sweep_failures(sweep); !failures.empty())
    throw Error(fmt::format("{} of {} did not finish", failures.size(), counted(sweep.runs().size(), "run")),
                failures.front());
}

std::vector<sweep::IntegerStatistics> integers_of(const sweep::Sweep& sweep, const Options& options,
                                                  const sweep::Datasets* datasets) {
  if (!options.int8) return {};
  ThreadPool pool(ThreadPool::available_cores());
  say("Evaluating in integers...\n");
  return sweep::integers_of(sweep, *datasets, pool);
}

// The first line.
void show_start(const sweep::Sweep& sweep) {
  const std::string folder = sweep.folder().string();
  if (sweep.unfinished() == 0) return say("{} is finished: {}\n", folder, over_text(sweep));
  show_folder(sweep.folder());
  if (runs_over(sweep) > 0) say("{} resumes: {}\n", folder, over_text(sweep));
}

void lead(const Options& options, sweep::Processes* processes) {
  sweep::SweepPlan plan = plan_of(options);
  ImageLoader loader(options);
  loader.resolve(plan.recipes);
  std::optional<NewFolder> made;  // outlives the sweep, whose folder it may be
  std::unique_ptr<sweep::Sweep> sweep =
      options.out.empty() ? find_sweep(options, plan) : std::make_unique<sweep::Sweep>(plan, options.out);
  const bool has_work = sweep == nullptr || sweep->unfinished() > 0;
  if (options.int8) sweep::require_integer_forms(plan);
  const sweep::Datasets* datasets = has_work || options.int8 ? &loader.load(plan.recipes) : nullptr;
  std::optional<InterruptGuard> guard(std::in_place);
  if (sweep == nullptr)
    sweep = std::make_unique<sweep::Sweep>(plan, made.emplace(default_folder(options)).path());
  if (has_work) sweep->require_same_origin(*datasets);
  for (const char* file : {sweep::kSweepJson, sweep::kSweepDocument, report::kReportFile})
    remove_leftovers_of(sweep->folder() / file);
  show_start(*sweep);
  if (has_work) carry_out(*sweep, options, *datasets, processes);
  guard.reset();
  show(*sweep, integers_of(*sweep, options, datasets), options.output);
}

void sweep(const Options& options) {
  options.output.apply();
  options.engine.apply_simd();
  lead_or_help(options.engine, options.crew, [&](sweep::Processes* processes) { lead(options, processes); });
}

}  // namespace

void add_sweep(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("sweep", "Train with many seeds or settings, and compare them");
  options->given = command;
  command->add_option("RECIPE", options->recipes, "Recipes: files, or names of Rung's own (step3)")
      ->required();
  command->add_option("--seeds", options->seeds, "Seeds, as in 0..19 or 1,2,5 or 0..9,20 (default: 0..19)")
      ->type_name("LIST");
  options->changes.add_to(
      *command, "KEY=VALUE,...",
      "A key and its values, as in optimizer.lr=0.01,0.02; several --set give all combinations");
  command
      ->add_option("--out", options->out,
                   "Folder to write to, or to resume in (default: ./runs/sweep-RECIPE...)")
      ->type_name("DIR");
  options->crew.add_jobs_to(*command);
  options->engine.add_without_threads_to(*command);
  command->add_flag(
      "--int8", options->int8,
      "When all runs are over, evaluate them in 8-bit integers too, as `rung export c` writes them");
  add_checkpoint_seconds(*command, options->crew.checkpoint_seconds);
  options->output.add_to(*command);
  command->footer(
      "The same command resumes a sweep that was stopped, and runs nothing twice. Under mpirun or srun the "
      "runs\nare spread over all processes (docs/sweeps.md). Exit code: 1 if a run failed.\n"
      "Example:\n  rung sweep step4 step5 --seeds 0..19\n"
      "  rung sweep step5 --seeds 0..4 --set optimizer.lr=0.01,0.02 --set optimizer.momentum=0.8,0.9\n"
      "  mpirun rung sweep step5 --seeds 0..99");
  command->callback([options] { sweep(*options); });
}

}  // namespace rung::app

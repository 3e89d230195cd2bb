// rung search RECIPE|DATASET
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bar.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "command_line.h"
#include "commands.h"
#include "crews.h"
#include "data/arrange.h"
#include "data/registry.h"
#include "display.h"
#include "interrupt.h"
#include "kernels/peak.h"
#include "kernels/simd.h"
#include "ladder/first_recipe.h"
#include "ladder/job.h"
#include "ladder/run.h"
#include "options.h"
#include "recipe/parse.h"
#include "report/search_page.h"
#include "report/write_report.h"
#include "search/search.h"
#include "search/search_report.h"
#include "sweep/crew.h"
#include "sweep/mpi.h"
#include "sweep/sweep_ranks.h"
#include "table.h"
#include "terminal.h"
#include "training.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultBudget = "30m";
constexpr double kFirstParams = 10'000;  // of the first recipe for a dataset
constexpr double kSmaller = 0.7;         // times, where limits exclude that
constexpr double kFewestFirstParams = 300;
constexpr double kShareOfPeak = 0.4;  // at which small networks train on one core, with all that is around

struct Options {
  const CLI::App* given = nullptr;  // the command line
  std::string start;
  std::string target;
  std::string minimise = "params";
  std::vector<std::string> limits;
  std::string chip = "cortex-m0";
  std::string budget;
  std::optional<size_t> candidates;
  std::string space;
  std::string strategy = "local";
  uint64_t seed = 1;
  size_t batch = 8;
  size_t claim_seeds = 10;
  std::string out;
  CrewOptions crew;
  EngineOptions engine;
  OutputOptions output;
};

// "90s", "30m", "2h": seconds. Throws UsageError.
double parse_duration(const std::string& text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(stop, text.data() + text.size());
  const double factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (error != std::errc() || !(number > 0) || factor == 0 || number * factor > 1e8)
    throw UsageError(fmt::format("--budget: \"{}\" is not a time", quotable(text)),
                     "write it as in 90s, 30m or 2h");
  return number * factor;
}

// A known dataset, or a folder of images, and not the file of a recipe.
bool is_dataset(const Options& options) {
  const fs::path path = options.start;
  std::error_code ignored;
  if (data::is_folder(options.start)) return fs::is_directory(path, ignored);
  const auto recipes = recipe_names();
  return path.extension() != ".toml" && std::ranges::find(recipes, options.start) == recipes.end() &&
         data::known_dataset(options.start) != nullptr;
}

recipe::Recipe first_recipe(const Options& options, const search::Goal& goal, const search::Space& space) {
  const data::Dataset data =
      data::load_dataset(options.start, data::root_or_default(options.engine.data_root));
  const std::string name =
      data::is_folder(options.start) ? recipe::folder_seen_from(fs::path(), options.start) : options.start;
  const auto made = [&](ladder::Shape shape, double params) {
    return ladder::first_recipe(data, name, options.start, options.start, static_cast<int64_t>(params),
                                shape);
  };
  // Where only weights cost something, the shape that computes more with each of them.
  const bool is_small = goal.minimise == search::Cost::kParams || goal.minimise == search::Cost::kFlashBytes;
  const int epochs = static_cast<int>(std::clamp<double>(made(ladder::Shape::kFast, kFirstParams).epochs,
                                                         space.epochs.low, space.epochs.high));
  const search::Yardstick without_time{goal.chip, 0, 1};  // no images: the epochs are another matter
  recipe::Recipe recipe;
  double params = kFirstParams;
  do {
    const auto shape = is_small ? ladder::Shape::kSmall : ladder::Shape::kFast;
    recipe = recipe::parse(made(shape, params).toml, "first.toml");
    params *= kSmaller;
  } while (!search::keeps_limits(recipe, goal.limits, without_time) && params >= kFewestFirstParams);
  recipe.name = data::is_folder(options.start) ? "first" : options.start + "-first";
  if (kernels::has_pair_instruction()) recipe.training.precision = kernels::Precision::kBf16;  // it is faster
  return recipe::with_epochs(std::move(recipe), epochs);
}

struct Images {
  sweep::Datasets datasets;
  std::vector<recipe::Recipe> recipes;  // one for each of them
};

// How many images a balanced set would have that tells the accuracy as well as these labels: K^2 / sum of
// 1/n_k, if the classes count alike.
double precision_of(std::span<const uint8_t> labels, const search::Goal& goal) {
  if (goal.metric == recipe::Metric::kFinalTestAccuracy) return static_cast<double>(labels.size());
  std::map<uint8_t, double> counts;
  for (const uint8_t label : labels) ++counts[label];
  double inverse = 0;
  for (const auto& [label, count] : counts) inverse += 1 / count;
  const auto classes = static_cast<double>(counts.size());
  return classes * classes / inverse;
}

// Loads the images as candidates and claims use them, and completes the plan by them.
Images load_images(const Options& options, search::SearchPlan& plan) {
  Images images;
  recipe::Recipe whole = recipe::without_validation(plan.start);
  if (plan.start.dataset.validation.empty()) plan.start.dataset.validation = data::Portion::of(0.1);
  const auto load = [&](recipe::Recipe& recipe) -> const data::Dataset& {
    data::Dataset data = options.engine.load(recipe);
    ladder::require_fit(recipe, data);
    images.recipes.push_back(recipe);
    return images.datasets.emplace(data::arrangement_of(recipe.dataset), std::move(data)).first->second;
  };
  load(whole);
  // What is chosen and what is claimed see images alike.
  plan.start.dataset.mean = whole.dataset.mean;
  plan.start.dataset.std = whole.dataset.std;
  const data::Dataset& data = load(plan.start);
  const int held_out = plan.start.dataset.validation.images;
  plan.train_images = data.train.count - held_out;
  plan.all_images = data.train.count;
  plan.test_images = precision_of(data.test.labels, plan.goal);
  plan.data_sha256 = data::sha256(data);
  plan.whole = whole.dataset;
  return images;
}

search::SearchPlan plan_of(const Options& options) {
  search::SearchPlan plan;
  search::parse_target(options.target, plan.goal);
  plan.goal.minimise = search::parse_cost(options.minimise);
  search::require_chip(options.chip);
  plan.goal.chip = options.chip;
  for (const std::string& text : options.limits) {
    const search::Limit limit = search::parse_limit(text);
    if (std::ranges::find(plan.goal.limits, limit.cost, &search::Limit::cost) != plan.goal.limits.end())
      throw UsageError(fmt::format("--at-most says twice how much {} there may be", name_of(limit.cost)));
    plan.goal.limits.push_back(limit);
  }
  if (!options.space.empty())
    plan.space = search::parse_space(read_text_file(options.space, 1 << 20), options.space);
  plan.strategy = options.strategy == "random" ? search::Strategy::kRandom : search::Strategy::kLocal;
  plan.seed = options.seed;
  plan.batch = options.batch;
  plan.candidates = options.candidates;
  plan.claim_seeds = options.claim_seeds;
  if (!options.budget.empty() || !options.candidates)
    plan.budget = parse_duration(options.budget.empty() ? kDefaultBudget : options.budget);
  plan.start = is_dataset(options) ? first_recipe(options, plan.goal, plan.space)
                                   : recipe::load(find_recipe(options.start));
  ThreadPool pool(1);
  plan.gflops = kShareOfPeak * kernels::peak_gflops(pool);
  return plan;
}

void require_time(const search::SearchPlan& plan) {
  if (!plan.budget) return;
  const double run = search::cost_of(plan.start, search::Cost::kTrainSeconds, plan.yardstick()).value_or(0);
  const double first = std::max(1.0, search::kAllRungs / static_cast<double>(plan.workers));
  const auto claims =
      static_cast<double>(search::rounds_of(search::parts_of_claim(plan.claim_seeds), plan.workers));
  const double least = run * (first + claims);
  if (least <= *plan.budget) return;
  throw UsageError(
      fmt::format("a budget of {} is too short: one run takes about {}, and a claim {} of them",
                  rough_duration(*plan.budget), rough_duration(run), plan.claim_seeds),
      fmt::format("give at least --budget {:.0f}m, or fewer epochs or --claim-seeds", least / 60 + 1));
}

fs::path default_folder(const Options& options) {
  const fs::path start = fs::path(options.start).lexically_normal();
  const fs::path last = start.has_filename() ? start.filename() : start.parent_path().filename();
  return fs::path("runs") / fmt::format("search-{}-{}-{}-seed{}", last.stem().string(), options.minimise,
                                        options.target.substr(options.target.find('=') + 1), options.seed);
}

// Writes what a reader or `rung watch` looks at.
void write_state(const search::Search& search) {
  const fs::path& folder = search.folder();
  replace_file(folder / search::kResultsJson, search_json(search).dump(1) + "\n");
  replace_file(folder / search::kResultsDocument, search_document(search));
  replace_file(folder / report::kReportFile, report::search_page(search));
  const auto found = search::found_recipe(search);
  if (found) {
    replace_file(folder / search::kFoundRecipe, recipe::to_toml(*found));
  } else {
    std::error_code ignored;
    fs::remove(folder / search::kFoundRecipe, ignored);  // more seeds may say that there is none
  }
}

void carry_out(search::Search& search, const Options& options, const Images& images, size_t jobs,
               sweep::Processes* processes) {
  CountDisplay display;
  std::string said;
  const search::SearchObserver observer{
      .on_batch =
          [&](bool is_new) {
            if (!is_new) return;
            write_state(search);
            const std::string line =
                search.claims().empty() ? state_line(search) : claim_sentence(search, search.claims().back());
            if (std::exchange(said, line) != line) say("{}\n", line);
          },
      .on_progress =
          [&](const search::SearchProgress& progress) {
            display.show(progress.phase == search::Phase::kClaiming ? "claiming" : "searching", progress.over,
                         progress.trials);
          },
      .should_stop = [] { return InterruptGuard::signal() != 0; }};
  if (!is_there(search.folder() / search::kResultsJson)) write_state(search);
  sweep::LocalCrew here(jobs, images.datasets, options.crew.checkpoint_seconds);
  std::vector<sweep::Crew*> crews = {&here};
  std::optional<sweep::RemoteCrew> others;
  if (processes != nullptr) crews.push_back(&others.emplace(*processes, images.datasets, images.recipes));
  search.run(crews, observer);
  write_state(search);
}

void show(const search::Search& search, const OutputOptions& output) {
  if (output.json) {
    write_json(search_json(search));
    return;
  }
  say_markdown("\n" + search_document(search) + "\n");
  const auto path = [&](const char* file) { return (search.folder() / file).string(); };
  if (search::found_recipe(search)) say("The recipe: {}\n", path(search::kFoundRecipe));
  say("To look at in a browser: {}\n", path(report::kReportFile));
}

void lead(const Options& options, sweep::Processes* processes) {
  search::SearchPlan plan = plan_of(options);
  const Images images = load_images(options, plan);
  const size_t jobs = options.crew.jobs_or_cores();
  plan.workers = jobs * (processes == nullptr ? 1 : static_cast<size_t>(processes->count()));
  const fs::path folder = options.out.empty() ? default_folder(options) : fs::path(options.out);
  if (!ladder::holds_search(folder)) require_time(plan);
  const std::string hint =
      fmt::format("resume with `{}`", repeated_with(*options.given, "--out", folder.string()));
  std::optional<InterruptGuard> guard(std::in_place);
  try {
    search::Search search(std::move(plan), folder);
    show_folder(search.folder());
    carry_out(search, options, images, jobs, processes);
    guard.reset();
    show(search, options.output);
  } catch (const ladder::Stopped&) {
    throw Interrupted(InterruptGuard::signal(), "interrupted", hint);
  } catch (const NoSpaceError& error) {
    throw NoSpaceError(error.what(), hint);
  }
}

void search_for(const Options& options) {
  options.output.apply();
  options.engine.apply_simd();
  lead_or_help(options.engine, options.crew, [&](sweep::Processes* processes) { lead(options, processes); });
}

void add_goal(CLI::App& command, Options& options) {
  command
      .add_option("RECIPE|DATASET", options.start,
                  "Where to start: a recipe, or a dataset (with a first recipe for it)")
      ->required();
  command.add_option("--target", options.target, "What to reach, as in final_test_accuracy=99.4")
      ->required()
      ->type_name("METRIC=PERCENT");
  command
      .add_option(
          "--minimise", options.minimise,
          "What to spend little of: params, flash_bytes, ram_bytes, macs, train_seconds (default: params)")
      ->type_name("COST");
  command.add_option("--at-most", options.limits, "A limit on a cost, as in params=10000; can be repeated")
      ->type_name("COST=N");
  command.add_option("--chip", options.chip, "The processor that bytes are of (default: cortex-m0)")
      ->type_name("NAME");
  command
      .add_option("--space", options.space,
                  "A TOML file that fixes or bounds what may change (docs/search.md)")
      ->type_name("FILE");
}

}  // namespace

void add_search(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("search", "Find the smallest network that reaches a target");
  options->given = command;
  add_goal(*command, *options);
  command->add_option("--budget", options->budget, "Time for all of it, as in 90s, 30m or 2h (default: 30m)")
      ->type_name("TIME");
  command
      ->add_option("--candidates", options->candidates,
                   "Most candidates; without --budget there is then no limit of time")
      ->check(CLI::Range(size_t{1}, search::kMostCandidates))
      ->type_name("N");
  command
      ->add_option("--strategy", options->strategy,
                   "local: neighbours of the best; random: the baseline (default: local)")
      ->check(CLI::IsMember({"local", "random"}))
      ->type_name("NAME");
  command->add_option("--seed", options->seed, "Seed of the search (default: 1)")
      ->check(is_seed)
      ->type_name("N");
  command->add_option("--batch", options->batch, "New candidates at a time (default: 8)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command->add_option("--claim-seeds", options->claim_seeds, "Fresh seeds of a claim (default: 10)")
      ->check(CLI::Range(size_t{2}, search::kMostClaimSeeds))
      ->type_name("N");
  command
      ->add_option("--out", options->out, "Folder to write to, or to resume in (default: ./runs/search-...)")
      ->type_name("DIR");
  options->crew.add_jobs_to(*command);
  options->engine.add_without_threads_to(*command);
  add_checkpoint_seconds(*command, options->crew.checkpoint_seconds);
  options->output.add_to(*command);
  command->footer(
      "Candidates are chosen by held-out images; the smallest is then claimed with fresh seeds on the test\n"
      "images. The same command resumes a search that was stopped (docs/search.md).\n"
      "Example:\n  rung search mnist --target final_test_accuracy=99.4 --minimise params --budget 60m\n"
      "  rung search step5 --target final_test_accuracy=99.3 --minimise macs --at-most params=8000");
  command->callback([options] { search_for(*options); });
}

}  // namespace rung::app

#include "sweep/sweep_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ladder/run.h"
#include "ladder/steps_file.h"
#include "recipe/settings.h"
#include "sweep/plan_file.h"
#include "train/run_directory.h"

namespace rung::sweep {
namespace {

namespace fs = std::filesystem;

using recipe::Recipe;

constexpr const char* kRecipes = "recipes";
constexpr const char* kOtherFolder = "choose another folder with --out";
constexpr uint64_t kMaxPlanBytes = 256 << 20;  // kMaxRuns recipes, of one seed
constexpr uint64_t kMaxMessageBytes = 1 << 16;

// The file's first line, in printable form.
std::string read_message(const fs::path& file) {
  const std::string text = read_text_file(file, kMaxMessageBytes);
  return printable(text.substr(0, text.find('\n')));
}

// The recipe as it is stored, without a seed: each run has its own.
Recipe seedless(Recipe recipe) {
  recipe.seed = 0;
  return recipe;
}

fs::path recipe_file(const fs::path& folder, const std::string& name) {
  return folder / kRecipes / (name + ".toml");
}

void require_no_other_kind(const fs::path& folder) {
  train::require_no_run(folder);
  ladder::require_no_ladder(folder);
  if (ladder::holds_search(folder))
    throw UsageError(fmt::format("{} already holds a search", folder.string()), kOtherFolder);
}

// By name.
std::map<std::string, Recipe> stored_recipes(const fs::path& recipes) {
  std::map<std::string, Recipe> stored;
  std::error_code ignored;
  for (const auto& entry : entries_of(recipes, ignored)) {
    if (entry.extension() == ".toml") stored.emplace(entry.stem().string(), recipe::load_stored(entry));
  }
  return stored;
}

// All of the recipe except its name, as text.
std::string nameless(Recipe recipe) {
  recipe.name.clear();
  return recipe::to_toml(seedless(std::move(recipe)));
}

// Whether the value may come from the images.
bool is_measured(const std::string& key) {
  return key == "dataset.mean" || key == "dataset.std";
}

void require_same(const fs::path& folder, const Recipe& stored, const Recipe& wanted) {
  const auto difference = recipe::first_difference(stored, seedless(wanted));
  if (!difference) return;
  throw UsageError(
      fmt::format("{} holds a sweep of another recipe {}: {} is {} there, and {} now", folder.string(),
                  wanted.name, difference->key, difference->first, difference->second),
      is_measured(difference->key) ? fmt::format("if the images have changed, {}", kOtherFolder)
                                   : kOtherFolder);
}

}  // namespace

std::vector<SweepRun> runs_of(const SweepPlan& plan) {
  std::vector<SweepRun> runs;
  for (size_t recipe = 0; recipe < plan.recipes.size(); ++recipe)
    for (const uint64_t seed : plan.seeds)
      runs.push_back({.recipe = recipe,
                      .seed = seed,
                      .name = fmt::format("{}-seed{}", plan.recipes[recipe].name, seed),
                      .record = {},
                      .error = {}});
  return runs;
}

Recipe recipe_of(const SweepPlan& plan, const SweepRun& run) {
  Recipe recipe = plan.recipes[run.recipe];
  recipe.seed = run.seed;
  return recipe;
}

fs::path run_folder(const fs::path& sweep, const SweepRun& run) {
  return sweep / ladder::kSweepRuns / run.name;
}

void read_end(const fs::path& sweep, const SweepPlan& plan, SweepRun& run) {
  const fs::path folder = run_folder(sweep, run);
  if (is_there(folder / train::kResultFile)) {
    run.record = ladder::find_result(folder, recipe_of(plan, run));
  } else if (is_there(folder / kDivergedFile)) {
    run.error = read_message(folder / kDivergedFile);
    run.diverged = true;
  }
}

SweepPlan with_stored_names(const fs::path& folder, SweepPlan plan) {
  const auto stored = stored_recipes(folder / kRecipes);
  const auto is_in_plan = [&](const std::string& name) {
    return std::ranges::find(plan.recipes, name, &Recipe::name) != plan.recipes.end();
  };
  std::map<std::string, std::string> names;  // not in the plan, by the rest of the recipe
  for (const auto& [name, recipe] : stored)
    if (!is_in_plan(name)) names.emplace(nameless(recipe), name);
  if (names.empty()) return plan;
  for (Recipe& recipe : plan.recipes) {
    if (stored.contains(recipe.name)) continue;
    const auto same = names.extract(nameless(recipe));
    if (!same.empty()) recipe.name = same.mapped();
  }
  return plan;
}

void require_same_recipes(const fs::path& folder, const SweepPlan& plan) {
  require_no_other_kind(folder);
  for (const auto& [name, stored] : stored_recipes(folder / kRecipes)) {
    const auto wanted = std::ranges::find(plan.recipes, name, &Recipe::name);
    if (wanted == plan.recipes.end())
      throw UsageError(fmt::format("{} holds a sweep with the recipe {}, which this command does not name",
                                   folder.string(), name),
                       kOtherFolder);
    require_same(folder, stored, *wanted);
  }
}

void store_plan(const fs::path& folder, const SweepPlan& plan) {
  make_writable_folder(folder / kRecipes);
  PlanFile file{.recipes = {}, .settings = plan.settings, .seeds = plan.seeds};
  for (const Recipe& recipe : plan.recipes) {
    const fs::path path = recipe_file(folder, recipe.name);
    remove_leftovers_of(path);
    if (!is_there(path)) replace_file(path, recipe::to_toml(seedless(recipe)));
    file.recipes.push_back(recipe.name);
  }
  remove_leftovers_of(folder / ladder::kSweepPlan);
  replace_file(folder / ladder::kSweepPlan, to_text(file));
}

fs::file_time_type plan_time(const fs::path& folder) {
  std::error_code error;
  return fs::last_write_time(folder / ladder::kSweepPlan, error);
}

SweepPlan load_plan(const fs::path& folder) {
  const fs::path path = folder / ladder::kSweepPlan;
  PlanFile file = parse_plan(read_text_file(path, kMaxPlanBytes), path.string());
  SweepPlan plan{.recipes = {}, .settings = file.settings, .seeds = std::move(file.seeds)};
  for (const std::string& name : file.recipes) {
    plan.recipes.push_back(recipe::load_stored(recipe_file(folder, name)));
    if (plan.recipes.back().name != name)
      throw DataError(fmt::format("{}: not the recipe {}", recipe_file(folder, name).string(), name));
  }
  return plan;
}

}  // namespace rung::sweep

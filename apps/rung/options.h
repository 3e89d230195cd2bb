// Options that several subcommands share, and what they resolve to.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/new_folder.h"
#include "base/thread_pool.h"
#include "data/dataset.h"
#include "recipe/recipe.h"

namespace rung::app {

// --data, --threads, --simd: where the images are and what computes.
struct EngineOptions {
  std::string data_root;
  int threads = 0;
  std::string simd;

  void add_to(CLI::App& command);
  void add_without_threads_to(CLI::App& command);
  void add_without_data_to(CLI::App& command);
  void apply_simd() const;
  ThreadPool make_pool() const;  // also applies --simd
  // The recipe's images as it uses them; what only they tell is written into the recipe. Teachers that are
  // recipes are trained first (teachers.h).
  data::Dataset load(recipe::Recipe& recipe) const;
  // " --data DIR" for a command that finds the same images later; empty if it finds them without.
  std::string data_option() const;
};

// --epochs, --no-validation, --set: what a command changes in its recipes.
struct RecipeOptions {
  std::optional<int> epochs;
  bool no_validation = false;
  std::vector<std::string> settings;

  // `set_type` and `set_about` say what --set takes.
  void add_to(CLI::App& command, const std::string& set_type, const std::string& set_about);
  // The recipe, changed by --epochs and --no-validation. Throws UsageError if --set gives one of them too.
  recipe::Recipe load(const std::string& recipe) const;
};

// --seed, those of RecipeOptions, --out, --resume, --checkpoint-seconds, --strict, --full: a training run.
struct RunOptions {
  std::optional<uint64_t> seed;
  RecipeOptions changes;
  std::string out;
  std::string resume;  // the folder to resume in; excludes all options before
  double checkpoint_seconds = 30;
  bool strict = false;
  bool full = false;

  // `recipes` is the argument that --resume replaces.
  void add_to(CLI::App& command, CLI::Option& recipes);
  // The recipe, with all changes and the seed.
  recipe::Recipe load(const std::string& recipe) const;
  // --resume, --out, or else a new folder, which `made` then holds: runs/step3-lr=0.02-seed7, after what is
  // trained, the settings and the seed.
  std::filesystem::path folder(const std::string& what, uint64_t seed, std::optional<NewFolder>& made) const;
};

// --weight-bits, of a model in integers: none if it is not given.
CLI::Option* add_weight_bits(CLI::App& command, std::optional<int>& weight_bits);

// --json, --quiet: what a command with results prints.
struct OutputOptions {
  bool json = false;
  bool quiet = false;

  void add_to(CLI::App& command);
  // Must be called before anything is printed.
  void apply() const;
};

// For CLI::Option::check(): empty if the text is a seed, otherwise what is wrong with it. (CLI::Range shows a
// number that is too large as another one.)
std::string is_seed(const std::string& text);

// The same for a number of seconds. (CLI::Range lets NaN through.)
std::string is_duration(const std::string& text);

// Declares --checkpoint-seconds.
void add_checkpoint_seconds(CLI::App& command, double& seconds);

// A recipe's file: the path itself, or the name of one of Rung's own ("step3"). Throws UsageError.
std::filesystem::path find_recipe(const std::string& path_or_name);

// The names of Rung's own recipes, sorted; none if their folder is not found.
std::vector<std::string> recipe_names();

// The steps of the ladder, in order.
std::vector<std::string> ladder_recipes();

}  // namespace rung::app

#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "command_line.h"
#include "kernels/simd.h"
#include "ladder/run.h"
#include "recipe/settings.h"
#include "sweep/sweep_plan.h"
#include "teachers.h"
#include "terminal.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

// The folders in which recipes are found by name.
constexpr std::array kFolders = {"ladder", "beyond"};

constexpr size_t kLongestSettings = 100;  // bytes, in a folder's name

// The folder of Rung's recipes: below the current folder, beside the program's build folder, or installed.
fs::path recipes_folder() {
  std::error_code error;
  fs::path folder = fs::current_path(error);
  for (const fs::path& start : {folder, fs::read_symlink("/proc/self/exe", error).parent_path()}) {
    for (folder = start; !folder.empty(); folder = folder.parent_path()) {
      for (const char* recipes : {"recipes", "share/rung/recipes"})
        if (fs::is_directory(folder / recipes / "ladder", error)) return folder / recipes;
      if (folder == folder.root_path()) break;
    }
  }
  throw UsageError("the folder recipes/ladder was not found",
                   "run rung from its source folder, or give recipes by path");
}

void add_threads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "Number of threads (default: one per core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
}

void add_simd(CLI::App& command, std::string& simd) {
  command
      .add_option("--simd", simd, "Instruction set to use, as in avx2 (default: the best of this machine)")
      ->type_name("TARGET");
}

// Throws UsageError if one of the settings ("optimizer.lr=0.02") is of what --epochs or --no-validation sets.
void require_set_once(const RecipeOptions& options) {
  const auto require = [](bool good, std::string_view option, std::string_view key) {
    if (!good)
      throw UsageError(fmt::format("{} and --set {} cannot both be given", option, key),
                       "leave one of them out");
  };
  for (const std::string& text : options.settings) {
    const std::string key = recipe::parse_settings(text).front().key;
    require(!options.epochs || key != "training.epochs", "--epochs", key);
    require(!options.no_validation || key != "dataset.validation", "--no-validation", key);
  }
}

}  // namespace

void EngineOptions::add_to(CLI::App& command) {
  add_threads(command, threads);
  add_without_threads_to(command);
}

void EngineOptions::add_without_threads_to(CLI::App& command) {
  command.add_option("--data", data_root, "Folder of the datasets (default: $RUNG_DATA, or ./data)")
      ->type_name("DIR");
  add_simd(command, simd);
}

void EngineOptions::add_without_data_to(CLI::App& command) {
  add_threads(command, threads);
  add_simd(command, simd);
}

void EngineOptions::apply_simd() const {
  if (!simd.empty()) kernels::force_simd_target(simd);
}

ThreadPool EngineOptions::make_pool() const {
  apply_simd();
  return ThreadPool(ThreadPool::or_available(threads));
}

data::Dataset EngineOptions::load(recipe::Recipe& recipe) const {
  find_teachers(recipe, *this);
  return ladder::load_data(recipe, data::root_or_default(data_root));
}

std::string EngineOptions::data_option() const {
  const fs::path root = data::root_or_default(data_root);
  std::error_code ignored;
  const bool is_found = root == "data" || fs::equivalent(root, "data", ignored);
  return is_found ? "" : " --data " + shell_word(root.string());
}

void RecipeOptions::add_to(CLI::App& command, const std::string& set_type, const std::string& set_about) {
  command.add_option("--epochs", epochs, "Number of epochs (default: the recipe's)")
      ->check(CLI::Range(1, 100000))
      ->type_name("N");
  command.add_flag("--no-validation", no_validation,
                   "Also train on the images held out for validation; drops the targets about validation");
  command.add_option("--set", settings, set_about)->expected(1)->take_all()->type_name(set_type);
}

recipe::Recipe RecipeOptions::load(const std::string& name) const {
  require_set_once(*this);
  recipe::Recipe loaded = recipe::load(find_recipe(name));
  if (epochs) loaded = recipe::with_epochs(std::move(loaded), *epochs);
  if (no_validation) loaded = recipe::without_validation(std::move(loaded));
  return loaded;
}

void RunOptions::add_to(CLI::App& command, CLI::Option& recipes) {
  const size_t others = command.get_options().size();
  command.add_option("--seed", seed, "Seed of all random numbers (default: the recipe's)")
      ->check(is_seed)
      ->type_name("N");
  changes.add_to(command, "KEY=VALUE",
                 "A key of the recipe and its value, as in optimizer.lr=0.02; can be given several times");
  command
      .add_option("--out", out,
                  "Folder to write to; it must not hold a run yet (default: a new one in ./runs)")
      ->type_name("DIR");
  const std::vector<CLI::Option*> declared = command.get_options();
  CLI::Option* resume_option =
      command.add_option("--resume", resume, "Resume the interrupted run or ladder in this folder")
          ->excludes(&recipes)
          ->type_name("DIR");
  for (CLI::Option* option : std::span(declared).subspan(others)) resume_option->excludes(option);
  add_checkpoint_seconds(command, checkpoint_seconds);
  command.add_flag("--strict", strict, "Exit with code 3 if a target is missed");
  command.add_flag("--full", full, "At the end, print the whole report instead of its short form");
}

recipe::Recipe RunOptions::load(const std::string& name) const {
  recipe::Recipe loaded = changes.load(name);
  loaded.seed = seed.value_or(loaded.seed);
  if (!changes.settings.empty())
    loaded = recipe::with_settings(loaded, sweep::single_settings(changes.settings));
  return loaded;
}

fs::path RunOptions::folder(const std::string& what, uint64_t run_seed,
                            std::optional<NewFolder>& made) const {
  if (!resume.empty()) return resume;
  if (!out.empty()) return out;
  const std::string end = sweep::name_end(sweep::single_settings(changes.settings));
  const std::string name = fmt::format("{}{}-seed{}", what, shortened(end, kLongestSettings), run_seed);
  return made.emplace(fs::path("runs") / name).path();
}

CLI::Option* add_weight_bits(CLI::App& command, std::optional<int>& weight_bits) {
  return command
      .add_option("--weight-bits", weight_bits,
                  "Bits of a weight: 8, 4 or 2 (default: those of [quantize] in the recipe, or 8)")
      ->check(CLI::IsMember(optim::kWeightBits))
      ->type_name("BITS");
}

void OutputOptions::add_to(CLI::App& command) {
  command.add_flag("--json", json, "Print the results as one JSON document; all else goes to standard error");
  command.add_flag("-q,--quiet", quiet, "Print only warnings, errors and the document of --json");
}

void OutputOptions::apply() const {
  set_talk(quiet ? Talk::kNowhere : json ? Talk::kErr : Talk::kOut);
}

std::string is_seed(const std::string& text) {
  constexpr uint64_t kLargest = std::numeric_limits<int64_t>::max();
  uint64_t seed = 0;
  if (CLI::detail::lexical_cast(text, seed) && seed <= kLargest) return "";
  return fmt::format("{} is not a whole number from 0 to {}", text, kLargest);
}

std::string is_duration(const std::string& text) {
  double seconds = 0;
  if (CLI::detail::lexical_cast(text, seconds) && seconds >= 0 && std::isfinite(seconds)) return "";
  return fmt::format("{} is not a number of seconds", text);
}

void add_checkpoint_seconds(CLI::App& command, double& seconds) {
  command
      .add_option("--checkpoint-seconds", seconds,
                  "Longest time between checkpoints; 0: only at the end of an epoch (default: 30)")
      ->check(is_duration)
      ->type_name("S");
}

fs::path find_recipe(const std::string& path_or_name) {
  std::error_code ignored;
  if (fs::is_regular_file(path_or_name, ignored)) return path_or_name;
  const bool is_name = path_or_name.find('/') == std::string::npos;
  if (is_name) {
    const fs::path recipes = recipes_folder();
    const std::string file = path_or_name + (path_or_name.ends_with(".toml") ? "" : ".toml");
    for (const char* folder : kFolders)
      if (fs::is_regular_file(recipes / folder / file, ignored)) return recipes / folder / file;
  }
  const std::vector<std::string> names = is_name ? recipe_names() : std::vector<std::string>{};
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto guess = nearest(path_or_name, candidates);
  throw UsageError(fmt::format("there is no recipe {}{}", path_or_name,
                               guess ? fmt::format("; did you mean {}?", *guess) : ""),
                   is_name ? fmt::format("give a file, or one of {}", fmt::join(names, ", "))
                           : "give a file, or the name of one of Rung's own, such as step3");
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  try {
    std::error_code ignored;
    for (const char* folder : kFolders) {
      for (const auto& entry : entries_of(recipes_folder() / folder, ignored))
        if (entry.extension() == ".toml") names.push_back(entry.stem().string());
    }
  } catch (const UsageError&) {
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> ladder_recipes() {
  std::vector<std::string> paths;
  for (int step = 1; step <= 5; ++step)
    paths.push_back(recipes_folder() / "ladder" / fmt::format("step{}.toml", step));
  paths.push_back(recipes_folder() / "beyond" / "step6.toml");  // reaches the goal with every seed
  return paths;
}

}  // namespace rung::app

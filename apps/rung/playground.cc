// rung playground [RUN_DIR...]
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "commands.h"
#include "data/arrange.h"
#include "ladder/run.h"
#include "ladder/trained_model.h"
#include "options.h"
#include "recipe/recipe.h"
#include "report/playground.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

struct Options {
  std::vector<std::string> runs;
  std::string out = "playground.html";
  EngineOptions engine;
};

report::Player load_player(const std::string& run) {
  const recipe::Recipe recipe = ladder::recipe_of_run(run);
  require_epochs(run, train::kCheckpointFile);
  return {recipe, ladder::weights_of_run(run, recipe)};
}

// Rung's own recipes for images of this kind, the ladder first, and those of the runs.
std::vector<report::Exercise> exercises_for(const recipe::Recipe& like,
                                            const std::vector<report::Player>& players) {
  std::vector<std::string> files = ladder_recipes();
  for (const std::string& name : recipe_names()) files.push_back(find_recipe(name));
  std::vector<report::Exercise> exercises;
  std::set<std::string> names;
  for (const std::string& file : files) {
    const recipe::Recipe recipe = recipe::load(file);
    if (recipe.model.input != like.model.input || recipe.model.classes != like.model.classes) continue;
    if (names.insert(recipe.name).second)
      exercises.push_back({recipe.title, read_text_file(file, recipe::kMaxFileBytes)});
  }
  for (const report::Player& player : players)
    exercises.push_back(
        {fmt::format("{}, as it was trained", player.recipe.name), recipe::to_toml(player.recipe)});
  return exercises;
}

void make_playground(const Options& options) {
  if (!report::has_playground())
    throw UsageError("this build of Rung has no playground, because it was built without Emscripten",
                     "install Emscripten (Debian's package emscripten), and build again");
  std::vector<report::Player> players;
  for (const std::string& run : options.runs) players.push_back(load_player(run));
  recipe::Recipe recipe = players.empty() ? recipe::load(find_recipe("step1")) : players.front().recipe;
  const data::Dataset data = options.engine.load(recipe);
  ladder::require_fit(recipe, data);
  ThreadPool pool = options.engine.make_pool();
  write_output(options.out,
               report::playground_page(players, exercises_for(recipe, players), data, recipe.dataset, pool));
  say("Written to {}: open it in a browser\n", options.out);
}

}  // namespace

void add_playground(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("playground", "Write a page to draw on, which answers, and trains in the browser");
  command->add_option("RUN_DIR", options->runs, "Folders of runs whose networks answer, side by side")
      ->type_name("");
  command->add_option("--out", options->out, "File to write (default: playground.html)")->type_name("FILE");
  options->engine.add_to(*command);
  command->footer(
      "The page needs no other file and no network.\n"
      "Example:\n  rung playground runs/step1-seed1 runs/step6-seed1 --out draw.html");
  command->callback([options] { make_playground(*options); });
}

}  // namespace rung::app

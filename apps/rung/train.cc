// rung train RECIPE
#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "ladder/analysis.h"
#include "ladder/markdown.h"
#include "options.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

struct Options {
  std::string recipe;
  EngineOptions engine;
  RunOptions run;
};

int train(const Options& options) {
  const recipe::Recipe recipe = options.run.load(options.recipe);
  const auto folder = options.run.folder(fmt::format("{}-seed{}", recipe.name, recipe.seed));
  train::require_no_run(folder);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe.dataset.name);
  const ladder::Outcome outcome = run_and_show(recipe, data, pool, folder, nullptr);
  const ladder::Analysis analysis = ladder::analyse(outcome, nullptr, data.test.labels);
  say("\n{}\nWeights: SHA-256 {}\nWritten to {}\n", ladder::step_section(outcome, analysis),
      outcome.record.weights_sha256, folder.string());
  return options.run.strict && !outcome.targets_met() ? kTargetMissed : kDone;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("train", "Train one recipe and judge its targets");
  command
      ->add_option("RECIPE", options->recipe, "A recipe's file, or the name of one of the ladder's (step3)")
      ->required();
  options->engine.add_to(*command);
  options->run.add_to(*command);
  command->footer("Example:\n  rung train step3 --epochs 2 --seed 7");
  command->callback([options, &exit_code] { exit_code = train(*options); });
}

}  // namespace rung::app

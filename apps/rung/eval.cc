// rung eval RUN_DIR
#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "ladder/run.h"
#include "options.h"
#include "terminal.h"
#include "train/run_directory.h"

namespace rung::app {
namespace {

struct Options {
  std::string run;
  bool best = false;
  std::string split = "test";
  EngineOptions engine;
};

void eval(const Options& options) {
  const std::filesystem::path run = options.run;
  const recipe::Recipe recipe = recipe::load(run / train::kRecipeFile);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe.dataset.name);
  train::Trainer trainer(ladder::experiment_of(recipe), data, pool);
  trainer.weights() =
      train::load_weights(trainer.plan(), run / (options.best ? train::kBestFile : train::kCheckpointFile));
  if (options.split == "test") say("{}\n", evaluation_line("Test", trainer.evaluate(data.test)));
  if (options.split == "train") say("{}\n", evaluation_line("Training", trainer.evaluate_training()));
  if (options.split != "validation") return;
  if (trainer.validation_images() == 0) throw UsageError("the run has no validation images");
  say("{}\n", evaluation_line("Validation", trainer.evaluate_validation()));
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("eval", "Evaluate the weights that a run has written");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command->add_flag(
      "--best", options->best,
      "The epoch with the best validation, or else test, accuracy instead of the newest checkpoint");
  command->add_option("--split", options->split, "Which images: test (default), train or validation")
      ->check(CLI::IsMember({"test", "train", "validation"}))
      ->type_name("NAME");
  options->engine.add_to(*command);
  command->footer("Example:\n  rung eval runs/step3-seed1 --split train");
  command->callback([options] { eval(*options); });
}

}  // namespace rung::app

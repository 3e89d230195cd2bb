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
  const bool test = options.split == "test";
  const train::Evaluation evaluation = trainer.evaluate(test ? data.test : data.train);
  say("{}\n", evaluation_line(test ? "Test" : "Training", evaluation));
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("eval", "Evaluate the weights that a run has written");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command->add_flag("--best", options->best,
                    "The epoch with the best test accuracy instead of the newest checkpoint");
  command->add_option("--split", options->split, "Which images: test (default) or train")
      ->check(CLI::IsMember({"test", "train"}))
      ->type_name("NAME");
  options->engine.add_to(*command);
  command->footer("Example:\n  rung eval runs/step3-seed1 --split train");
  command->callback([options] { eval(*options); });
}

}  // namespace rung::app

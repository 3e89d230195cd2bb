// rung eval RUN_DIR
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "commands.h"
#include "display.h"
#include "ladder/job.h"
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
  OutputOptions output;
};

// The split as lines call it, and how the trainer's weights do on it.
std::pair<const char*, train::Evaluation> evaluate(train::Trainer& trainer, const data::Dataset& data,
                                                   const std::string& split) {
  if (split == "test") return {"Test", trainer.evaluate(data.test)};
  if (split == "train") return {"Training", trainer.evaluate_training()};
  if (trainer.validation_images() == 0) throw UsageError("the run has no validation images");
  return {"Validation", trainer.evaluate_validation()};
}

void eval(const Options& options) {
  options.output.apply();
  const std::filesystem::path run = options.run;
  ladder::require_run(run);
  const recipe::Recipe recipe = recipe::load(run / train::kRecipeFile);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe.dataset.name);
  train::Trainer trainer(ladder::experiment_of(recipe), data, pool);
  const char* weights = options.best ? train::kBestFile : train::kCheckpointFile;
  trainer.weights() = train::load_weights(trainer.plan(), run / weights, recipe::to_toml(recipe));
  const auto [name, evaluation] = evaluate(trainer, data, options.split);
  if (!options.output.json) return say("{}\n", evaluation_line(name, evaluation));
  write_json({{"run_dir", run.string()},
              {"weights", weights},
              {"split", options.split},
              {"images", evaluation.images},
              {"correct", evaluation.correct},
              {"accuracy", evaluation.accuracy},
              {"loss", evaluation.loss},
              {"seconds", evaluation.seconds}});
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
      ->type_name("SPLIT");
  options->engine.add_to(*command);
  options->output.add_to(*command);
  command->footer("Example:\n  rung eval runs/step3-seed1 --split train");
  command->callback([options] { eval(*options); });
}

}  // namespace rung::app

// rung eval RUN_DIR
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "commands.h"
#include "display.h"
#include "ladder/job.h"
#include "ladder/run.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "options.h"
#include "terminal.h"
#include "train/evaluator.h"
#include "train/recorded_data.h"
#include "train/run_directory.h"
#include "train/trainer.h"
#include "training.h"

namespace rung::app {
namespace {

struct Options {
  std::string run;
  bool best = false;
  std::string split = "test";
  EngineOptions engine;
  OutputOptions output;
};

// The split's name in the output, and its images.
std::pair<const char*, train::ImageRange> images_of(const std::string& split, const data::Dataset& data,
                                                    int validation) {
  if (split == "test") return {"Test", {data.test, 0, data.test.count}};
  if (split == "train") return {"Training", train::training_part(data, validation)};
  if (validation == 0)
    throw UsageError("the run has no validation images", "give --split test or --split train");
  return {"Validation", train::validation_part(data, validation)};
}

// Whether the data is what the run was trained and tested on; none if the run does not say.
std::optional<bool> is_runs_data(const std::filesystem::path& run, const data::Dataset& data) {
  const std::string recorded = train::recorded_data(run);
  if (recorded.empty()) return std::nullopt;
  return recorded == data::sha256(data);
}

void eval(const Options& options) {
  options.output.apply();
  const std::filesystem::path run = options.run;
  ladder::require_run(run);
  recipe::Recipe recipe = recipe::load_stored(run / train::kRecipeFile);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe);
  train::require_fit(ladder::experiment_of(recipe), data);
  const auto [name, images] = images_of(options.split, data, recipe.dataset.validation.images);
  const nn::Plan plan = nn::make_plan(recipe.model);
  const char* file = options.best ? train::kBestFile : train::kCheckpointFile;
  train::Evaluator evaluator(plan, recipe.dataset, pool);  // first, because it checks the memory
  require_epochs(run, file);
  const nn::Weights weights = train::load_weights(plan, run / file, recipe::to_toml(recipe));
  const train::Evaluation evaluation = evaluator.evaluate(weights, images);
  const auto same_data = is_runs_data(run, data);
  if (same_data == std::optional(false))
    warn(
        fmt::format("{} does not hold the images and labels that {} was trained and tested on: these "
                    "figures cannot be compared with the run's own",
                    recipe.dataset.name, run.string()));
  if (!options.output.json)
    return say("{}\n{}\n", evaluation_line(name, evaluation), class_line(evaluation.classes, recipe.dataset));
  nlohmann::ordered_json recall = nlohmann::ordered_json::array();
  for (size_t k = 0; k < evaluation.classes.classes(); ++k) {
    const auto share = evaluation.classes.recall(k);
    recall.push_back(share ? nlohmann::ordered_json(*share) : nullptr);
  }
  write_json({{"run_dir", run.string()},
              {"weights", file},
              {"split", options.split},
              {"same_data", same_data ? nlohmann::ordered_json(*same_data) : nullptr},
              {"images", evaluation.images},
              {"correct", evaluation.correct},
              {"accuracy", evaluation.accuracy},
              {"balanced_accuracy", evaluation.classes.balanced_accuracy()},
              {"recall", recall},
              {"loss", evaluation.loss},
              {"seconds", evaluation.seconds}});
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("eval", "Test the weights that a run has saved");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command->add_flag(
      "--best", options->best,
      "Weights of the epoch with the best validation accuracy (without a validation split: test "
      "accuracy) instead of the newest checkpoint");
  command->add_option("--split", options->split, "Which images: test (default), train or validation")
      ->check(CLI::IsMember({"test", "train", "validation"}))
      ->type_name("SPLIT");
  options->engine.add_to(*command);
  options->output.add_to(*command);
  command->footer("Example:\n  rung eval runs/step3-seed1 --split train");
  command->callback([options] { eval(*options); });
}

}  // namespace rung::app

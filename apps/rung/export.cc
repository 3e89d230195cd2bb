// rung export, and what its commands share
#include "export.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "commands.h"
#include "ladder/trained_model.h"
#include "nn/plan.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "train/run_status.h"
#include "train/trainer.h"
#include "training.h"

namespace rung::app {

namespace fs = std::filesystem;

void ExportOptions::add_to(CLI::App& command) {
  command.add_option("RUN_DIR", run, "The run's folder")->required();
  command.add_flag("--best", best,
                   "Weights of the epoch with the best validation accuracy (without a validation split: test "
                   "accuracy) instead of the newest checkpoint");
  command.add_flag("--force", force, "Replace files that exist");
}

const char* ExportOptions::weights_file() const {
  return best ? train::kBestFile : train::kCheckpointFile;
}

void ExportOptions::require_free(const fs::path& file) const {
  if (!force && is_there(file) && fs::is_regular_file(file))
    throw UsageError(fmt::format("{} already exists", file.string()),
                     "--force replaces it, --out names another");
}

recipe::Recipe ExportOptions::recipe() const {
  return ladder::recipe_of_run(run);
}

nn::Weights ExportOptions::weights(const recipe::Recipe& recipe) const {
  require_epochs(run, weights_file());
  nn::Weights weights = ladder::weights_of_run(run, recipe, weights_file());
  const train::RunStatus status = train::look_at_run(run, recipe.training.epochs);
  if (status.state != train::RunState::kFinished)
    warn(fmt::format("{} {} after {} of {} epochs: these are the weights so far", run,
                     status.divergence.empty() ? "is not finished" : "diverged", status.epochs.size(),
                     recipe.training.epochs));
  return weights;
}

void IntegerOptions::add_to(CLI::App& command) {
  add_weight_bits(command, weight_bits);
  engine.add_to(command);
}

int IntegerOptions::weight_bits_of(const recipe::Recipe& recipe) const {
  return weight_bits.value_or(optim::weight_bits_of(recipe.training));
}

IntegerExport to_integers(const ExportOptions& from, const IntegerOptions& options, recipe::Recipe recipe) {
  ThreadPool pool = options.engine.make_pool();
  data::Dataset data = options.engine.load(recipe);
  train::require_fit(ladder::experiment_of(recipe), data);
  nn::Weights weights = from.weights(recipe);
  const nn::Plan plan = nn::make_plan(recipe.model);
  train::Calibrated calibrated = train::calibrate(
      recipe.model, weights, recipe.dataset, train::training_part(data, recipe.dataset.validation.images),
      options.weight_bits_of(recipe), pool);
  const train::ImageRange test{data.test, 0, data.test.count};
  train::Evaluation in_float = train::Evaluator(plan, recipe.dataset, pool).evaluate(weights, test);
  train::IntegerEvaluation in_integers = train::evaluate(calibrated.model, test, pool);
  const ladder::McNemar difference =
      ladder::mcnemar(in_float.predicted, in_integers.predicted, data.test.labels);
  return {std::move(recipe),   std::move(weights),     std::move(data), std::move(calibrated),
          std::move(in_float), std::move(in_integers), difference};
}

double IntegerExport::accuracy() const {
  return 100.0 * in_integers.correct / data.test.count;
}

void IntegerExport::say_accuracy() const {
  say("Test accuracy in integers {:.2f} %, in float32 {:.2f} %; right only in integers: {}, only in float32: "
      "{} "
      "(p = {:.2g})\n",
      accuracy(), in_float.accuracy, difference.only_second, difference.only_first, difference.p_value);
}

nlohmann::ordered_json IntegerExport::json() const {
  return {{"images", data.test.count},
          {"correct", in_integers.correct},
          {"accuracy", accuracy()},
          {"float_correct", in_float.correct},
          {"float_accuracy", in_float.accuracy},
          {"only_integers", difference.only_second},
          {"only_float", difference.only_first},
          {"p_value", difference.p_value},
          {"clipped", calibrated.clipped}};
}

void add_export(CLI::App& app) {
  CLI::App* group = app.add_subcommand("export", "Write a run's model in a format that other programs read");
  group->footer("Example:\n  rung export c runs/step3-seed1");
  add_export_onnx(*group);
  add_export_c(*group);
}

}  // namespace rung::app

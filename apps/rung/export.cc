// rung export, and rung export onnx RUN_DIR
#include "export.h"

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/text.h"
#include "commands.h"
#include "data/arrange.h"
#include "export/onnx.h"
#include "ladder/job.h"
#include "nn/plan.h"
#include "options.h"
#include "terminal.h"
#include "train/checkpoint.h"
#include "train/run_directory.h"
#include "train/run_status.h"
#include "training.h"

namespace rung::app {

namespace fs = std::filesystem;

void require_free(const fs::path& file) {
  if (is_there(file) && fs::is_regular_file(file))
    throw UsageError(fmt::format("{} already exists", file.string()),
                     "--force replaces it, --out names another");
}

recipe::Recipe exported_recipe(const fs::path& run) {
  ladder::require_run(run);
  const fs::path file = run / train::kRecipeFile;
  recipe::Recipe recipe = recipe::load_stored(file);
  if (!data::is_resolved(recipe.dataset))
    throw DataError(fmt::format("{}: mean, std, validation and test must be numbers", file.string()),
                    "give the folder of a run, in which they are");
  return recipe;
}

void warn_of_unfinished(const fs::path& run, int epochs) {
  const train::RunStatus status = train::look_at_run(run, epochs);
  if (status.state != train::RunState::kFinished)
    warn(fmt::format("{} {} after {} of {} epochs: these are the weights so far", run.string(),
                     status.divergence.empty() ? "is not finished" : "diverged", status.epochs.size(),
                     epochs));
}

namespace {

constexpr const char* kModelFile = "model.onnx";

struct Options {
  std::string run;
  std::string out;
  bool best = false;
  bool force = false;
  exports::OnnxOptions onnx{.version = RUNG_VERSION};
  OutputOptions output;

  fs::path file() const { return out.empty() ? fs::path(run) / kModelFile : fs::path(out); }
};

std::string input_text(const recipe::Recipe& recipe, bool raw) {
  const nn::Shape& s = recipe.model.input;
  return fmt::format(
      "{} [N, {}, {}, {}], {}", raw ? "uint8" : "float32", s.channels, s.height, s.width,
      raw ? "pixels" : fmt::format("(pixel / 255 - {}) / {}", *recipe.dataset.mean, *recipe.dataset.std));
}

void export_onnx(const Options& options) {
  options.output.apply();
  const fs::path run = options.run;
  const recipe::Recipe recipe = exported_recipe(run);
  const fs::path file = options.file();
  if (!options.force) require_free(file);
  const char* weights_file = options.best ? train::kBestFile : train::kCheckpointFile;
  require_epochs(run, weights_file);
  const nn::Weights weights =
      train::load_weights(nn::make_plan(recipe.model), run / weights_file, recipe::to_toml(recipe));
  warn_of_unfinished(run, recipe.training.epochs);
  const std::string bytes = exports::to_onnx(recipe, weights, options.onnx);
  write_output(file, bytes);
  const std::string input = input_text(recipe, options.onnx.raw_input);
  if (!options.output.json)
    return say("Written to {}: {} bytes. Input `{}`: {}; output `{}`: [N, {}]\n", file.string(),
               with_commas(std::ssize(bytes)), exports::kOnnxInput, input, exports::kOnnxOutput,
               recipe.model.classes);
  write_json({{"run_dir", run.string()},
              {"weights", weights_file},
              {"file", file.string()},
              {"bytes", bytes.size()},
              {"opset", exports::kOnnxOpset},
              {"ir_version", exports::kOnnxIrVersion},
              {"input", input},
              {"mean", *recipe.dataset.mean},
              {"std", *recipe.dataset.std}});
}

void add_onnx(CLI::App& group) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand("onnx", "Write an ONNX file, for ONNX Runtime, OpenCV and others");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command->add_option("--out", options->out, "File to write (default: model.onnx in the run's folder)")
      ->type_name("FILE");
  command->add_flag("--force", options->force, "Replace the file if it exists");
  command->add_flag(
      "--best", options->best,
      "Weights of the epoch with the best validation accuracy (without a validation split: test "
      "accuracy) instead of the newest checkpoint");
  command->add_flag(
      "--raw-input", options->onnx.raw_input,
      "The input is uint8 pixels, which the model normalises itself, instead of normalised float32");
  command->add_flag("--keep-batch-norm", options->onnx.keep_batch_norm,
                    "Batch norms stay operators, instead of changing the convolution's weights before them");
  options->output.add_to(*command);
  command->footer("Example:\n  rung export onnx runs/step3-seed1 --raw-input --out step3.onnx");
  command->callback([options] { export_onnx(*options); });
}

}  // namespace

void add_export(CLI::App& app) {
  CLI::App* group = app.add_subcommand("export", "Write a run's model in a format that other programs read");
  group->footer("Example:\n  rung export c runs/step3-seed1");
  add_onnx(*group);
  add_export_c(*group);
}

}  // namespace rung::app

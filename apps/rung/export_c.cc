// rung export c RUN_DIR
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "base/file.h"
#include "base/text.h"
#include "data/class_names.h"
#include "export.h"
#include "export/c_layout.h"
#include "export/c_project.h"
#include "export/calibrate.h"
#include "ladder/job.h"
#include "ladder/mcnemar.h"
#include "nn/infer.h"
#include "nn/plan.h"
#include "options.h"
#include "terminal.h"
#include "train/checkpoint.h"
#include "train/evaluator.h"
#include "train/run_directory.h"
#include "train/trainer.h"
#include "training.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

constexpr int kGoldenImages = 10;  // of the test
constexpr const char* kFolder = "c";

struct Options {
  std::string run;
  std::string out;
  std::string name;
  int weight_bits = 8;
  bool best = false;
  bool force = false;
  EngineOptions engine;
  OutputOptions output;

  fs::path folder() const { return out.empty() ? fs::path(run) / kFolder : fs::path(out); }
};

// The text as a C identifier.
std::string identifier(const std::string& text) {
  std::string result;
  for (const char c : text) result += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  if (std::isalpha(static_cast<unsigned char>(result[0])) == 0) result.insert(0, "net_");
  return result;
}

std::string is_identifier(const std::string& text) {
  return !text.empty() && identifier(text) == text ? "" : "expected a C identifier";
}

std::vector<std::string> class_names(const recipe::Recipe& recipe) {
  std::vector<std::string> names;
  for (int k = 0; k < recipe.model.classes; ++k)
    names.push_back(data::class_name(recipe.dataset.name, static_cast<size_t>(k)));
  return names;
}

void write_all(const std::map<std::string, std::string>& files, const fs::path& folder) {
  make_writable_folder(folder);
  for (const auto& [file, text] : files) replace_file(folder / file, text);
}

void export_c(const Options& options) {
  options.output.apply();
  const fs::path run = options.run;
  recipe::Recipe recipe = exported_recipe(run);
  const std::string name = options.name.empty() ? identifier(recipe.name) : options.name;
  const fs::path folder = options.folder();
  if (!options.force) require_free(folder / (name + ".c"));
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe);
  train::require_fit(ladder::experiment_of(recipe), data);
  const char* weights_file = options.best ? train::kBestFile : train::kCheckpointFile;
  require_epochs(run, weights_file);
  const nn::Plan plan = nn::make_plan(recipe.model);
  train::Evaluator evaluator(plan, recipe.dataset, pool);
  const nn::Weights weights = train::load_weights(plan, run / weights_file, recipe::to_toml(recipe));
  warn_of_unfinished(run, recipe.training.epochs);

  const exports::Calibrated calibrated = exports::calibrate(
      recipe.model, weights, recipe.dataset, train::training_part(data, recipe.dataset.validation.images),
      options.weight_bits, pool);
  const train::ImageRange test{data.test, 0, data.test.count};
  const train::Evaluation in_float = evaluator.evaluate(weights, test);
  const exports::IntegerEvaluation in_integers = exports::evaluate(calibrated.model, test, pool);
  const ladder::McNemar difference =
      ladder::mcnemar(in_float.predicted, in_integers.predicted, data.test.labels);

  const auto golden = std::span(data.test.pixels)
                          .first(static_cast<size_t>(std::min(kGoldenImages, test.count)) *
                                 static_cast<size_t>(plan.input.elements()));
  write_all(exports::c_project(calibrated.model, name, golden,
                               {.title = recipe.title.empty() ? recipe.name : recipe.title,
                                .classes = class_names(recipe),
                                .macs = nn::infer(recipe.model).macs,
                                .test_images = test.count,
                                .float_correct = in_float.correct,
                                .integer_correct = in_integers.correct,
                                .p_value = difference.p_value}),
            folder);

  const exports::CSizes sizes = exports::sizes_of(exports::lay_out(calibrated.model));
  const double accuracy = 100.0 * in_integers.correct / test.count;
  if (!options.output.json) {
    say("Test accuracy in integers {:.2f} %, in float32 {:.2f} %: {} images only right in integers, {} only "
        "in "
        "float32 (p = {:.2g})\n",
        accuracy, in_float.accuracy, difference.only_second, difference.only_first, difference.p_value);
    return say("Written to {}: {} bytes of constants, {} of memory. To check it: make -C {}\n",
               folder.string(), with_commas(sizes.constants), with_commas(sizes.ram), folder.string());
  }
  write_json({{"run_dir", run.string()},
              {"weights", weights_file},
              {"folder", folder.string()},
              {"name", name},
              {"weight_bits", options.weight_bits},
              {"constant_bytes", sizes.constants},
              {"ram_bytes", sizes.ram},
              {"images", test.count},
              {"correct", in_integers.correct},
              {"accuracy", accuracy},
              {"float_correct", in_float.correct},
              {"float_accuracy", in_float.accuracy},
              {"only_integers", difference.only_second},
              {"only_float", difference.only_first},
              {"p_value", difference.p_value},
              {"clipped", calibrated.clipped}});
}

}  // namespace

void add_export_c(CLI::App& group) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("c", "Write C99 source in 8-bit integers, for chips; needs the run's dataset");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command->add_option("--out", options->out, "Folder to write to (default: c in the run's folder)")
      ->type_name("DIR");
  command
      ->add_option("--name", options->name,
                   "What the files and functions are called (default: the recipe's name)")
      ->check(is_identifier)
      ->type_name("NAME");
  command->add_option("--weight-bits", options->weight_bits, "Bits of a weight: 8 (default), 4 or 2")
      ->check(CLI::IsMember({8, 4, 2}))
      ->type_name("BITS");
  command->add_flag("--force", options->force, "Replace the files if they exist");
  command->add_flag(
      "--best", options->best,
      "Weights of the epoch with the best validation accuracy (without a validation split: test "
      "accuracy) instead of the newest checkpoint");
  options->engine.add_to(*command);
  options->output.add_to(*command);
  command->footer("Example:\n  rung export c runs/step3-seed1 --out step3");
  command->callback([options] { export_c(*options); });
}

}  // namespace rung::app

// rung export c RUN_DIR
#include <cctype>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "chip/layout.h"
#include "command_line.h"
#include "export.h"
#include "export/c_float.h"
#include "export/c_project.h"
#include "ladder/run.h"
#include "nn/graph.h"
#include "nn/plan.h"
#include "options.h"
#include "terminal.h"
#include "train/evaluator.h"
#include "train/trainer.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "c";

struct Options {
  ExportOptions from;
  std::string out;
  std::string name;
  IntegerOptions integers;
  bool is_float = false;
  bool arduino = false;
  OutputOptions output;

  exports::CForm form() const { return arduino ? exports::CForm::kArduinoLibrary : exports::CForm::kFolder; }
  fs::path folder() const { return out.empty() ? fs::path(from.run) / kFolder : fs::path(out); }
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

void write_all(const std::map<std::string, std::string>& files, const fs::path& folder,
               const ExportOptions& options) {
  for (const auto& [file, text] : files) options.require_free(folder / file);
  for (const auto& [file, text] : files) {
    make_writable_folder((folder / file).parent_path());
    replace_file(folder / file, text);
  }
}

// What the folder holds whatever the numbers are.
class Folder {
 public:
  Folder(const Options& options, const recipe::Recipe& recipe)
      : options_(options), name_(options.name.empty() ? identifier(recipe.name) : options.name) {
    options.from.require_free(options.folder() / exports::source_folder(options.form()) / (name_ + ".c"));
  }

  template <typename Model>
  void write(const Model& model, const data::Split& test, const exports::CFacts& facts) const {
    write_all(exports::c_project(model, name_, exports::golden_images(test), facts, options_.form()),
              options_.folder(), options_.from);
  }

  void say_written(int64_t constants, int64_t ram) const {
    const fs::path folder = options_.folder();
    const fs::path test = options_.arduino ? folder / exports::test_folder(options_.form()) : folder;
    say("Written to {}: {} bytes of constants, {} of memory. To check it: make -C {}\n", folder.string(),
        with_commas(constants), with_commas(ram), shell_word(test.string()));
  }

  nlohmann::ordered_json json(int weight_bits, int64_t constants, int64_t ram) const {
    return {{"run_dir", options_.from.run},
            {"weights", options_.from.weights_file()},
            {"folder", options_.folder().string()},
            {"name", name_},
            {"weight_bits", weight_bits},
            {"constant_bytes", constants},
            {"ram_bytes", ram}};
  }

 private:
  const Options& options_;
  std::string name_;
};

void export_integers(const Options& options, recipe::Recipe recipe) {
  const Folder folder(options, recipe);
  const IntegerExport integers = to_integers(options.from, options.integers, std::move(recipe));
  const quantise::IntegerModel& model = integers.calibrated.model;
  const data::Split& test = integers.data.test;
  exports::CFacts facts = exports::facts_of(integers.recipe, test.count);
  facts.float_correct = integers.in_float.correct;
  facts.integer_correct = integers.in_integers.correct;
  facts.p_value = integers.difference.p_value;
  folder.write(model, test, facts);
  const chip::Sizes sizes = chip::sizes_of(chip::lay_out(model));
  if (!options.output.json) {
    integers.say_accuracy();
    return folder.say_written(sizes.constants, sizes.ram);
  }
  nlohmann::ordered_json document =
      folder.json(options.integers.weight_bits_of(integers.recipe), sizes.constants, sizes.ram);
  document.update(integers.json());
  write_json(document);
}

void export_float(const Options& options, recipe::Recipe recipe) {
  const Folder folder(options, recipe);
  ThreadPool pool = options.integers.engine.make_pool();
  const data::Dataset data = options.integers.engine.load(recipe);
  train::require_fit(ladder::experiment_of(recipe), data);
  const nn::Weights weights = options.from.weights(recipe);
  const exports::FloatModel model{nn::graph::fold_batch_norms(nn::graph::make_graph(recipe.model, weights)),
                                  *recipe.dataset.mean, *recipe.dataset.std};
  const train::Evaluation evaluation = train::Evaluator(nn::make_plan(recipe.model), recipe.dataset, pool)
                                           .evaluate(weights, {data.test, 0, data.test.count});
  exports::CFacts facts = exports::facts_of(recipe, data.test.count);
  facts.float_correct = evaluation.correct;
  folder.write(model, data.test, facts);
  const chip::Sizes sizes = exports::sizes_of(model);
  if (!options.output.json) {
    say("Test accuracy in float32 {:.2f} %\n", evaluation.accuracy);
    return folder.say_written(sizes.constants, sizes.ram);
  }
  nlohmann::ordered_json document = folder.json(32, sizes.constants, sizes.ram);
  document.update({{"images", data.test.count},
                   {"float_correct", evaluation.correct},
                   {"float_accuracy", evaluation.accuracy}});
  write_json(document);
}

void export_c(const Options& options) {
  options.output.apply();
  recipe::Recipe recipe = options.from.recipe();
  if (options.is_float) return export_float(options, std::move(recipe));
  export_integers(options, std::move(recipe));
}

}  // namespace

void add_export_c(CLI::App& group) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("c", "Write C99 source, in 8-bit integers for chips; needs the run's dataset");
  options->from.add_to(*command);
  command->add_option("--out", options->out, "Folder to write to (default: c in the run's folder)")
      ->type_name("DIR");
  command
      ->add_option("--name", options->name,
                   "What the files and functions are called (default: the recipe's name)")
      ->check(is_identifier)
      ->type_name("NAME");
  CLI::Option* is_float =
      command->add_flag("--float", options->is_float, "In float32 numbers, for processors that have them");
  command->add_flag("--arduino", options->arduino, "Lay the files out as an Arduino library, with a sketch");
  options->integers.add_to(*command);
  command->get_option("--weight-bits")->excludes(is_float);
  options->output.add_to(*command);
  command->footer("Example:\n  rung export c runs/step3-seed1 --out step3");
  command->callback([options] { export_c(*options); });
}

}  // namespace rung::app

// rung export onnx RUN_DIR
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/text.h"
#include "data.h"
#include "export.h"
#include "export/onnx.h"
#include "options.h"
#include "terminal.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.onnx";

struct Options {
  ExportOptions from;
  std::string out;
  exports::OnnxOptions onnx{.version = RUNG_VERSION};
  bool int8 = false;
  std::string form = "qdq";
  IntegerOptions integers;
  OutputOptions output;

  fs::path file() const { return out.empty() ? fs::path(from.run) / kModelFile : fs::path(out); }
};

std::string input_text(const recipe::Recipe& recipe, bool raw) {
  const nn::Shape& s = recipe.model.input;
  return fmt::format("{} [N, {}, {}, {}], {}", raw ? "uint8" : "float32", s.channels, s.height, s.width,
                     raw ? "pixels"
                         : fmt::format("(pixel / 255 - {}) / {}", to_text(*recipe.dataset.mean),
                                       to_text(*recipe.dataset.std)));
}

void export_onnx(const Options& options) {
  options.output.apply();
  recipe::Recipe recipe = options.from.recipe();
  const fs::path file = options.file();
  options.from.require_free(file);
  std::string bytes;
  nlohmann::ordered_json accuracy;
  if (options.int8) {
    const IntegerExport integers = to_integers(options.from, options.integers, recipe);
    recipe = integers.recipe;
    const auto form = options.form == "qdq" ? exports::IntegerForm::kQdq : exports::IntegerForm::kQlinear;
    bytes = exports::to_integer_onnx(recipe, integers.weights, integers.calibrated.model, form, options.onnx);
    if (!options.output.json) integers.say_accuracy();
    accuracy = integers.json();
  } else {
    bytes = exports::to_onnx(recipe, options.from.weights(recipe), options.onnx);
  }
  write_output(file, bytes);
  const std::string input = input_text(recipe, options.onnx.raw_input);
  if (!options.output.json)
    return say("Written to {}: {} bytes. Input `{}`: {}; output `{}`: [N, {}]\n", file.string(),
               with_commas(std::ssize(bytes)), exports::kOnnxInput, input, exports::kOnnxOutput,
               recipe.model.classes);
  nlohmann::ordered_json document = {{"run_dir", options.from.run},
                                     {"weights", options.from.weights_file()},
                                     {"file", file.string()},
                                     {"bytes", bytes.size()},
                                     {"opset", exports::kOnnxOpset},
                                     {"ir_version", exports::kOnnxIrVersion},
                                     {"input", input},
                                     {"mean", json_of(*recipe.dataset.mean)},
                                     {"std", json_of(*recipe.dataset.std)}};
  if (options.int8) document["int8"] = accuracy;
  write_json(document);
}

}  // namespace

void add_export_onnx(CLI::App& group) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand("onnx", "Write an ONNX file, for ONNX Runtime, OpenCV and others");
  options->from.add_to(*command);
  command->add_option("--out", options->out, "File to write (default: model.onnx in the run's folder)")
      ->type_name("FILE");
  command->add_flag(
      "--raw-input", options->onnx.raw_input,
      "The input is uint8 pixels, which the model normalises itself, instead of normalised float32");
  CLI::Option* keep = command->add_flag(
      "--keep-batch-norm", options->onnx.keep_batch_norm,
      "Batch norms stay operators, instead of changing the convolution's weights before them");
  CLI::Option* int8 = command
                          ->add_flag("--int8", options->int8,
                                     "In 8-bit integers, as `rung export c`; needs the run's dataset")
                          ->excludes(keep);
  command
      ->add_option(
          "--form", options->form,
          "Of the integers: qdq (default: QuantizeLinear and DequantizeLinear around float operators) "
          "or qlinear (QLinearConv)")
      ->check(CLI::IsMember({"qdq", "qlinear"}))
      ->type_name("FORM")
      ->needs(int8);
  options->integers.add_to(*command);
  command->get_option("--weight-bits")->needs(int8);
  options->output.add_to(*command);
  command->footer("Example:\n  rung export onnx runs/step3-seed1 --raw-input --out step3.onnx");
  command->callback([options] { export_onnx(*options); });
}

}  // namespace rung::app

// rung export c RUN_DIR
#include <algorithm>
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
#include "data/class_names.h"
#include "export.h"
#include "export/c_project.h"
#include "nn/infer.h"
#include "options.h"
#include "terminal.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

constexpr int kGoldenImages = 10;  // of the test
constexpr const char* kFolder = "c";

struct Options {
  ExportOptions from;
  std::string out;
  std::string name;
  IntegerOptions integers;
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

void write_all(const std::map<std::string, std::string>& files, const fs::path& folder) {
  for (const auto& [file, text] : files) {
    make_writable_folder((folder / file).parent_path());
    replace_file(folder / file, text);
  }
}

void export_c(const Options& options) {
  options.output.apply();
  recipe::Recipe recipe = options.from.recipe();
  const std::string name = options.name.empty() ? identifier(recipe.name) : options.name;
  const fs::path folder = options.folder();
  options.from.require_free(folder / exports::source_folder(options.form()) / (name + ".c"));
  const IntegerExport integers = to_integers(options.from, options.integers, std::move(recipe));
  const quantise::IntegerModel& model = integers.calibrated.model;
  const data::Split& test = integers.data.test;
  const auto golden = std::span(test.pixels)
                          .first(static_cast<size_t>(std::min(kGoldenImages, test.count)) *
                                 static_cast<size_t>(integers.recipe.model.input.elements()));
  const std::string& title = integers.recipe.title;
  write_all(exports::c_project(model, name, golden,
                               {.title = title.empty() ? integers.recipe.name : title,
                                .classes = data::names_of_classes(integers.recipe.dataset.name,
                                                                  integers.recipe.model.classes),
                                .macs = nn::infer(integers.recipe.model).macs,
                                .test_images = test.count,
                                .float_correct = integers.in_float.correct,
                                .integer_correct = integers.in_integers.correct,
                                .p_value = integers.difference.p_value},
                               options.form()),
            folder);

  const chip::Sizes sizes = chip::sizes_of(chip::lay_out(model));
  if (!options.output.json) {
    integers.say_accuracy();
    return say("Written to {}: {} bytes of constants, {} of memory. To check it: make -C {}\n",
               folder.string(), with_commas(sizes.constants), with_commas(sizes.ram),
               (options.arduino ? folder / exports::test_folder(options.form()) : folder).string());
  }
  nlohmann::ordered_json document = {{"run_dir", options.from.run},
                                     {"weights", options.from.weights_file()},
                                     {"folder", folder.string()},
                                     {"name", name},
                                     {"weight_bits", options.integers.weight_bits_of(integers.recipe)},
                                     {"constant_bytes", sizes.constants},
                                     {"ram_bytes", sizes.ram}};
  document.update(integers.json());
  write_json(document);
}

}  // namespace

void add_export_c(CLI::App& group) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("c", "Write C99 source in 8-bit integers, for chips; needs the run's dataset");
  options->from.add_to(*command);
  command->add_option("--out", options->out, "Folder to write to (default: c in the run's folder)")
      ->type_name("DIR");
  command
      ->add_option("--name", options->name,
                   "What the files and functions are called (default: the recipe's name)")
      ->check(is_identifier)
      ->type_name("NAME");
  command->add_flag("--arduino", options->arduino, "Lay the files out as an Arduino library, with a sketch");
  options->integers.add_to(*command);
  options->output.add_to(*command);
  command->footer("Example:\n  rung export c runs/step3-seed1 --out step3");
  command->callback([options] { export_c(*options); });
}

}  // namespace rung::app

// rung new DATASET
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "command_line.h"
#include "commands.h"
#include "data.h"
#include "data/registry.h"
#include "ladder/first_recipe.h"
#include "nn/infer.h"
#include "terminal.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  DatasetOptions dataset;
  std::string out;
  int64_t params = 10'000;
};

// What the dataset is called in words.
std::string last_part(const std::string& name) {
  const fs::path path = fs::path(name).lexically_normal();
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

// As the recipe in `file` says it: a folder relative to the recipe's.
std::string name_in(const fs::path& file, const std::string& name) {
  if (!data::is_folder(name)) return name;
  const fs::path folder = fs::absolute(file).parent_path();
  const std::string relative = fs::absolute(name).lexically_normal().lexically_relative(folder).string();
  return data::is_folder(relative) && relative.starts_with("../") ? relative : "./" + relative;
}

void make(const Options& options) {
  const std::string& name = options.dataset.name;
  const data::Dataset dataset = data::load_dataset(name, options.dataset.root());
  const std::string title = last_part(name);
  const fs::path file = options.out.empty() ? fs::path(title + ".toml") : fs::path(options.out);
  if (is_there(file))
    throw UsageError(fmt::format("{} already exists", file.string()), "--out names another file");
  const ladder::FirstRecipe made =
      ladder::first_recipe(dataset, name_in(file, name), fmt::format("A first network for {}", title),
                           file.string(), options.params);
  replace_file(file, made.toml);
  say("Written to {}: {} parameters, {}. To train it: rung train {}\n", file.string(),
      with_commas(made.params), counted(static_cast<size_t>(made.epochs), "epoch"),
      shell_word(file.string()));
}

}  // namespace

void add_new(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("new", "Write a first recipe for a dataset");
  options->dataset.add_to(*command, kAnyDataset);
  command
      ->add_option("--params", options->params, "Most parameters that the network may have (default: 10000)")
      ->check(CLI::Range(int64_t{1}, nn::kMaxParams))
      ->type_name("N");
  command->add_option("--out", options->out, "File to write (default: the dataset's name, with .toml)")
      ->type_name("FILE");
  command->footer("Example:\n  rung new data/flowers/ --params 5000");
  command->callback([options] { make(*options); });
}

}  // namespace rung::app

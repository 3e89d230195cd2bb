// Reading a whole recipe: the file, the TOML, the top-level keys, then each part (parse_*.cc).
#include "recipe/recipe.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/key_depth.h"
#include "base/text.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

namespace fs = std::filesystem;

// The limit for recipes that a run stores and reads again, perhaps with another seed, number of epochs or
// name.
constexpr uint64_t kMostStored = kMaxFileBytes - 1024;
constexpr size_t kLongestMessage = 1000;  // a key in it may be as long as the file

// The name becomes part of file names and reports.
std::string parse_name(const TableReader& root, std::string_view source) {
  std::string name = root.text("name", std::filesystem::path(source).stem().string());
  if (name.empty() || name.size() > kLongestName || name.front() == '.' || !is_utf8(name) ||
      has_control(name) || name.find_first_of("/\\") != std::string::npos)
    root.fail("name",
              fmt::format("expected a name of at most {} bytes without slashes, control characters or a "
                          "leading dot, found \"{}\"",
                          kLongestName, name.substr(0, kLongestName)),
              root.has("name") ? "" : "rename the file, or give a `name`");
  return name;
}

// A multi-line string ends with the line break before its closing quotes.
std::string trim_end(std::string text) {
  text.resize(text.find_last_not_of(" \t\n") + 1);
  return text;
}

// The images in a folder give the `input` and `classes` that the recipe leaves out.
void complete_model(toml::table& document, const fs::path& file) {
  const auto name = document["dataset"]["name"].value<std::string>();
  toml::table* model = document["model"].as_table();
  if (!name || !data::is_folder(*name) || has_control(*name) || model == nullptr) return;
  if (model->contains("input") && model->contains("classes")) return;
  const std::string folder = folder_seen_from(file.parent_path(), *name);
  try {
    const data::Extent images = data::extent_of(folder);
    model->insert("input", toml::array{images.channels, images.height, images.width});
    model->insert("classes", images.classes);
  } catch (const Error& error) {
    throw UsageError(
        fmt::format("{}: [model] lacks `input` or `classes`, and they cannot be read from the images: {}",
                    printable(file.string()), error.what()),
        "put the images there, or write `input = [channels, height, width]` and `classes`");
  }
}

Recipe parse_checked(const toml::table& document, std::string_view source) {
  Recipe recipe = parse_recipe(document, source);
  if (to_toml(recipe).size() > kMostStored)
    throw RecipeError(source, 1, 1, fmt::format("spelt out, the recipe has more than {} bytes", kMostStored));
  return recipe;
}

// Targets about a validation split need one.
void require_validation(const TableReader& root, const Recipe& recipe) {
  if (!recipe.dataset.validation.empty()) return;
  const auto tables = root.tables("targets");
  for (size_t i = 0; i < tables.size(); ++i) {
    if (needs_validation(recipe.targets[i].metric))
      tables[i].fail("metric", "there is no validation split", "add validation = 10_000 to [dataset]");
  }
}

void require_transforms_fit(const TableReader& root, const Recipe& recipe) {
  const auto tables = root.tables("augment");
  for (size_t i = 0; i < tables.size(); ++i) {
    const auto problem = data::misfit(recipe.augment[i], recipe.model.input.height, recipe.model.input.width);
    if (problem) tables[i].fail(problem->key, problem->reason);
  }
}

// A mean or std for each channel needs channels.
void require_channels(const TableReader& root, const Recipe& recipe) {
  const auto require = [&](const std::optional<ChannelValues>& moment, std::string_view key) {
    const auto channels = static_cast<size_t>(recipe.model.input.channels);
    if (!moment || moment->values().size() == 1 || moment->values().size() == channels) return;
    root.required_table("dataset").fail(
        key, fmt::format("expected a number for each of the model's {} channels, or one for all, found {}",
                         channels, moment->values().size()));
  };
  require(recipe.dataset.mean, "mean");
  require(recipe.dataset.std, "std");
}

// Class weights are as many as the model's classes.
void require_weight_of_each_class(const TableReader& root, const Recipe& recipe) {
  const auto& weights = recipe.training.class_weights;
  if (!weights || weights->factors.empty()) return;
  const size_t found = weights->factors.size();
  if (found == static_cast<size_t>(recipe.model.classes)) return;
  root.required_table("training")
      .fail("class_weights", fmt::format("expected a number for each of the model's {} classes, found {}",
                                         recipe.model.classes, found));
}

// The model tells every class apart that has a name.
void require_output_of_each_name(const TableReader& root, const Recipe& recipe) {
  const size_t names = recipe.dataset.class_names.size();
  if (names <= static_cast<size_t>(recipe.model.classes)) return;
  root.required_table("dataset").fail(
      "class_names", fmt::format("{} names, but the model has {} classes", names, recipe.model.classes));
}

}  // namespace

RecipeError::RecipeError(std::string_view source, uint32_t line_number, uint32_t column_number,
                         std::string_view message, std::string_view hint)
    : UsageError(printable(fmt::format("{}:{}:{}: {}", source, line_number, column_number,
                                       shortened(message, kLongestMessage))),
                 printable(hint)),
      line(line_number),
      column(column_number) {}

toml::table parse_document(std::string_view toml, std::string_view source) {
  if (const auto at = find_too_deep_key(toml))
    throw RecipeError(source, at->line, at->column,
                      fmt::format("a key has more than {} parts", kMaxKeyParts));
  try {
    return toml::parse(toml, source);
  } catch (const toml::parse_error& error) {
    throw RecipeError(source, error.source().begin.line, error.source().begin.column, error.description());
  }
}

Recipe parse_recipe(const toml::table& document, std::string_view source) {
  const TableReader root(source, "", document);
  root.allow({"name", "title", "description", "seed", "targets", "reference", "dataset", "augment", "model",
              "training", "mixup", "distill", "optimizer", "lr_scheduler", "lr_warmup", "ema", "quantize"});
  Recipe recipe;
  recipe.name = parse_name(root, source);
  recipe.title = root.text("title");
  recipe.description = trim_end(root.text("description", "", "\n\t"));
  recipe.seed = static_cast<uint64_t>(
      root.integer("seed", 0, std::numeric_limits<int64_t>::max(), static_cast<int64_t>(recipe.seed)));
  recipe.targets = parse_targets(root);
  recipe.reference = parse_reference(root);
  recipe.dataset = parse_dataset(root);
  require_validation(root, recipe);
  recipe.augment = parse_augment(root);
  recipe.model = parse_model(root, recipe.dataset);
  require_output_of_each_name(root, recipe);
  require_channels(root, recipe);
  require_transforms_fit(root, recipe);
  recipe.training = parse_training(root);
  require_weight_of_each_class(root, recipe);
  return recipe;
}

Recipe without_validation(Recipe recipe) {
  recipe.dataset.validation = {};
  std::erase_if(recipe.targets, [](const Target& target) { return needs_validation(target.metric); });
  return recipe;
}

std::string folder_seen_from(const fs::path& place, const std::string& name) {
  std::error_code ignored;
  const fs::path from = fs::weakly_canonical(fs::absolute(place.empty() ? "." : place, ignored), ignored);
  std::string folder = (from / name).lexically_normal().string();
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  if (!is_utf8(folder) || has_control(folder))
    throw UsageError(fmt::format("a recipe cannot name the folder {}", printable(folder)),
                     "move it to where no folder's name has control characters or bytes that are not UTF-8");
  return folder;
}

Recipe parse(std::string_view toml, std::string_view source) {
  return parse_checked(parse_document(toml, source), source);
}

Recipe load(const fs::path& path) {
  const std::string source = path.string();
  toml::table document = parse_document(read_text_file(path, kMaxFileBytes), source);
  complete_model(document, path);
  Recipe recipe = parse_checked(document, source);
  const auto make_absolute = [&](std::string& name) {
    if (data::is_folder(name)) name = folder_seen_from(path.parent_path(), name);
  };
  make_absolute(recipe.dataset.name);
  if (recipe.reference) make_absolute(recipe.reference->dataset);
  if (auto& distill = recipe.training.distill)
    for (optim::Teacher& teacher : distill->teachers)
      if (optim::is_file_name(teacher)) teacher.source = folder_seen_from(path.parent_path(), teacher.source);
  return recipe;
}

Recipe load_stored(const fs::path& path) {
  return parse(read_text_file(path, kMaxFileBytes), path.string());
}

}  // namespace rung::recipe

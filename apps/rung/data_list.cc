// rung data list
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "commands.h"
#include "data.h"
#include "data/dataset_description.h"
#include "data/dataset_file.h"
#include "data/registry.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

namespace rung::app {
namespace {

using nlohmann::ordered_json;

struct Options {
  DatasetOptions dataset;
  OutputOptions output;
};

// What a registered dataset looks like on this machine, or another folder in the data folder.
struct Listed {
  std::string name;
  const data::DatasetInfo* info = nullptr;  // null for a folder
  std::filesystem::path folder;
  bool is_here = false;  // all four files; of a folder, those with training images
};

constexpr std::array kTrainFiles = {data::kTrainImages, data::kTrainLabels};

bool has_files(const std::filesystem::path& folder, std::span<const data::DatasetFile> files) {
  return std::ranges::all_of(
      files, [&](data::DatasetFile file) { return data::find_dataset_file(folder, file).has_value(); });
}

// Whether the folder has the dataset, and not images of the user's own.
bool is_copy_of(const data::DatasetInfo& info, const std::filesystem::path& folder) {
  if (!has_files(folder, data::kDatasetFiles)) return false;
  try {
    const auto description = data::read_description(folder);
    if (!info.published) return !description;  // the files themselves are published
    return description && description->name == info.name && description->height == info.height &&
           description->width == info.width &&
           description->classes.size() == static_cast<size_t>(info.classes);
  } catch (const Error&) {
    return false;
  }
}

// Folders of training images that are not registered datasets.
std::vector<std::filesystem::path> data_folders(const std::filesystem::path& root) {
  std::error_code ignored;
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : entries_of(root, ignored)) {
    const data::DatasetInfo* known = data::known_dataset(entry.filename().string());
    if ((known == nullptr || !is_copy_of(*known, entry)) && has_files(entry, kTrainFiles))
      folders.push_back(entry);
  }
  std::ranges::sort(folders);
  return folders;
}

std::vector<Listed> listed(const std::filesystem::path& root) {
  std::vector<Listed> all;
  for (const data::DatasetInfo& info : data::known_datasets())
    all.push_back({info.name, &info, root / info.name, is_copy_of(info, root / info.name)});
  std::error_code ignored;
  for (const auto& folder : data_folders(root))
    all.push_back(
        {std::filesystem::absolute(folder, ignored).lexically_normal().string(), nullptr, folder, true});
  return all;
}

ordered_json to_json(const Listed& one) {
  ordered_json json{{"name", one.name}, {"registered", one.info != nullptr}, {"here", one.is_here}};
  json["folder"] = one.folder.string();
  if (one.info == nullptr) return json;
  const data::DatasetInfo& info = *one.info;
  const auto or_null = [](const std::optional<ChannelValues>& channels) {
    return channels ? json_of(*channels) : ordered_json();
  };
  json["classes"] = info.classes;
  json["class_names"] = info.class_names;
  json["height"] = info.height;
  json["width"] = info.width;
  json["channels"] = info.channels;
  json["train_images"] = info.train_images;
  json["test_images"] = info.test_images;
  json["mean"] = or_null(info.mean);
  json["std"] = or_null(info.std);
  json["license"] = info.license;
  json["note"] = info.note;
  return json;
}

std::string size_text(const data::DatasetInfo& info) {
  return fmt::format("{}×{}{}", info.height, info.width, info.channels == 3 ? "×3" : "");
}

void say_list(const std::vector<Listed>& all) {
  Table table({{.head = "Dataset", .left = true},
               {.head = "Classes", .rank = 2},
               {.head = "Size", .left = true, .rank = 3},
               {.head = "Train", .rank = 1},
               {.head = "Test", .rank = 1},
               {.head = "Licence", .left = true, .rank = 4},
               {.head = "Where", .left = true}});
  for (const Listed& one : all) {
    if (one.info == nullptr) continue;
    table.add({one.name, std::to_string(one.info->classes), size_text(*one.info),
               with_commas(one.info->train_images), with_commas(one.info->test_images), one.info->license,
               one.is_here ? one.folder.string() : "-"});
  }
  for (const Line& line : table.lines(talk_columns())) say_line(line);
  say("\nTo get one that is not here (-): rung data fetch NAME. What is special about each: "
      "docs/datasets.md\n");
  say("Images of your own: name = \"./FOLDER\" in a recipe's [dataset] (docs/recipes.md)\n");
  for (const Listed& one : all)
    if (one.info == nullptr)
      say("  {}: rung data info {}/\n", one.folder.filename().string(), one.folder.string());
}

void list(const Options& options) {
  options.output.apply();
  const std::vector<Listed> all = listed(options.dataset.root());
  if (!options.output.json) return say_list(all);
  ordered_json document{{"data_dir", options.dataset.root().string()}, {"datasets", ordered_json::array()}};
  for (const Listed& one : all) document["datasets"].push_back(to_json(one));
  write_json(document);
}

}  // namespace

void add_data_list(CLI::App& data) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand("list", "List the datasets that are known, and where they are");
  options->dataset.add_root_to(*command);
  options->output.add_to(*command);
  command->footer("Example:\n  rung data list");
  command->callback([options] { list(*options); });
}

}  // namespace rung::app

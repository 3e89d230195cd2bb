#include "data/dataset_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/file.h"
#include "base/key_depth.h"
#include "base/text.h"
#include "base/toml_string.h"
#include "data/class_names.h"
#include "data/dataset.h"
#include "data/dataset_file.h"

namespace rung::data {
namespace {

constexpr uint64_t kMostBytes = 1 << 20;
constexpr size_t kMostClasses = 256;  // a label is a byte
constexpr size_t kHexDigits = 64;

// The document and what is wrong in it, at the place where it is.
class Document {
 public:
  Document(std::string_view text, const std::string& file) : file_(file) {
    if (const auto at = find_too_deep_key(text))
      fail(at->line, at->column, fmt::format("a key has more than {} parts", kMaxKeyParts));
    try {
      table_ = toml::parse(text, file);
    } catch (const toml::parse_error& error) {
      const auto& begin = error.source().begin;
      fail(begin.line, begin.column, shortened(std::string(error.description()), kLongestMessage));
    }
  }

  const toml::table& table() const { return table_; }

  [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
    fail(node.source().begin.line, node.source().begin.column, what);
  }
  [[noreturn]] void fail(uint32_t line, uint32_t column, const std::string& what) const {
    throw DataError(printable(fmt::format("{}:{}:{}: {}", file_, line, column, what)),
                    "import the images again, or remove the file: the classes are then numbers");
  }

  // Empty if the key is missing.
  std::vector<std::string> texts(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    std::vector<std::string> result;
    const toml::array* array = node->as_array();
    if (array == nullptr) fail(*node, fmt::format("{}: expected an array of texts", key));
    for (const toml::node& element : *array) {
      if (!element.is_string()) fail(element, fmt::format("{}: expected an array of texts", key));
      result.push_back(element.as_string()->get());
    }
    return result;
  }

  std::string text(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return "";
    if (!node->is_string()) fail(*node, fmt::format("{}: expected a text", key));
    return node->as_string()->get();
  }

  // 0 if the key is missing.
  int integer(std::string_view key, int most) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return 0;
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() < 1 || value->get() > most)
      fail(*node, fmt::format("{}: expected an integer from 1 to {}", key, most));
    return static_cast<int>(value->get());
  }

  // 0 if the key is missing.
  ChannelValues numbers(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    if (array == nullptr) return share(key, *node);
    if (array->size() != kMostChannels)
      fail(*node, fmt::format("{}: expected a number, or one for each of {} channels", key, kMostChannels));
    std::vector<double> values;
    for (const toml::node& element : *array) values.push_back(share(key, element));
    return ChannelValues(values);
  }

 private:
  static constexpr size_t kLongestMessage = 500;

  double share(std::string_view key, const toml::node& node) const {
    const auto value = node.value<double>();
    if (!value || !(*value >= 0 && *value <= 1))
      fail(node, fmt::format("{}: expected a number from 0 to 1", key));
    return *value;
  }

  std::string file_;
  toml::table table_;
};

std::vector<std::string> parse_classes(const Document& document) {
  std::vector<std::string> names = document.texts("classes");
  if (names.empty()) document.fail(1, 1, "`classes`, the names of the classes, are missing");
  const toml::node& node = *document.table().get("classes");
  if (names.size() > kMostClasses)
    document.fail(node,
                  fmt::format("{} names of classes; at most {} are supported", names.size(), kMostClasses));
  if (const std::string problem = problem_of(names); !problem.empty()) document.fail(node, problem);
  return names;
}

std::array<std::string, kDatasetFileCount> parse_checksums(const Document& document) {
  std::array<std::string, kDatasetFileCount> sums;
  const toml::node* node = document.table().get("sha256");
  if (node == nullptr) return sums;
  const toml::table* table = node->as_table();
  if (table == nullptr) document.fail(*node, "sha256: expected a table");
  for (const DatasetFile file : kDatasetFiles) {
    for (const std::string& name : {std::string(kFileNames[file]), with_channels(kFileNames[file])}) {
      if (!table->contains(name)) continue;
      sums[file] = document.text(*table, name);
      const bool is_hex = sums[file].find_first_not_of("0123456789abcdef") == std::string::npos;
      if (sums[file].size() != kHexDigits || !is_hex)
        document.fail(*table->get(name), fmt::format("sha256: expected {} hexadecimal digits", kHexDigits));
    }
  }
  return sums;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::vector<std::string> strings;
  for (const std::string& text : texts) strings.push_back(toml_string(text));
  return fmt::format("[{}]", fmt::join(strings, ", "));
}

}  // namespace

DatasetDescription parse_description(std::string_view text, const std::string& file) {
  const Document document(text, file);
  return {.name = document.text(document.table(), "name"),
          .classes = parse_classes(document),
          .height = document.integer("height", kMaxImageSide),
          .width = document.integer("width", kMaxImageSide),
          .channels = document.integer("channels", kMostChannels),
          .mean = document.numbers("mean"),
          .std = document.numbers("std"),
          .sources = document.texts("sources"),
          .steps = document.texts("steps"),
          .sha256 = parse_checksums(document)};
}

std::optional<DatasetDescription> read_description(const std::filesystem::path& folder) {
  const auto file = folder / kDescriptionFile;
  if (!is_there(file)) return std::nullopt;
  return parse_description(read_text_file(file, kMostBytes), file.string());
}

std::string to_toml(const DatasetDescription& description) {
  std::string text = fmt::format(
      "# Written by `rung data import`. Rung takes the names of the classes from here, and checks the "
      "files.\n"
      "name = {}\nclasses = {}\nheight = {}\nwidth = {}\nchannels = {}\nmean = {}\nstd = {}\nsources = {}\n",
      toml_string(description.name), list_of(description.classes), description.height, description.width,
      std::max(1, description.channels), to_text(description.mean, "{:.6g}"),
      to_text(description.std, "{:.6g}"), list_of(description.sources));
  text += "steps = [\n";
  for (const std::string& step : description.steps) text += fmt::format("  {},\n", toml_string(step));
  text += "]\n\n[sha256]\n";
  for (const DatasetFile file : kDatasetFiles)
    if (!description.sha256[file].empty())
      text += fmt::format("{} = \"{}\"\n",
                          description.channels > 1 ? with_channels(kFileNames[file]) : kFileNames[file],
                          description.sha256[file]);
  return text;
}

}  // namespace rung::data

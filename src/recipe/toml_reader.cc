// Makes the messages: they quote values in printable form and suggest the nearest right word for a wrong one.
#include "recipe/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "recipe/recipe.h"
#include "recipe/synonyms.h"

namespace rung::recipe {
namespace {

std::string quote(std::string_view text) {
  return fmt::format("\"{}\"", quotable(text));
}

// The value in the file, for messages.
std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return quote(text->get());
  if (const auto* integer = node.as_integer()) return fmt::format("{}", integer->get());
  if (const auto* number = node.as_floating_point())
    return fmt::format("{:#}", number->get());  // 1.0 is not an integer
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* array = node.as_array()) return fmt::format("an array of {}", array->size());
  return node.is_table() ? "a table" : "a date or time";
}

// The number, or NaN, which is in no range.
double number_in(const toml::node& node) {
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* whole = node.as_integer()) return static_cast<double>(whole->get());
  return std::numeric_limits<double>::quiet_NaN();
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  auto guess = synonym_of(word, candidates);
  if (!guess) guess = nearest(word, candidates);
  return guess ? fmt::format("did you mean `{}`?", *guess) : "";
}

// For a key that the table at `path` does not have, but another table has.
std::string belongs_elsewhere(std::string_view path, std::string_view key) {
  const auto home = home_of(key);
  if (!home || home->place == fmt::format("in [{}]", path)) return "";
  if (home->key == key) return fmt::format("`{}` belongs {}", key, home->place);
  return fmt::format("did you mean `{}` {}?", home->key, home->place);
}

std::string hint_for_unknown(std::string_view path, bool is_inline, std::string_view key,
                             std::span<const std::string_view> allowed) {
  // PyTorch's arguments that recipes do not have.
  if (key == "in_channels" || key == "in_features" || key == "num_features")
    return fmt::format("leave `{}` out: it follows from the layer before", key);
  const bool is_here = is_inline || synonym_of(key, allowed);
  const std::string elsewhere = is_here ? "" : belongs_elsewhere(path, key);
  return elsewhere.empty() ? did_you_mean(key, allowed) : elsewhere;
}

}  // namespace

TableReader::TableReader(std::string_view source, std::string path, const toml::table& table)
    : source_(source), path_(std::move(path)), is_inline_(table.is_inline()), begin_(table.source().begin) {
  for (const auto& [key, value] : table)
    entries_.emplace(key.str(), Entry{path_of(key.str()), key.source().begin, &value});
}

TableReader TableReader::overridden_by(const TableReader& use) const {
  TableReader result = use;
  result.entries_.insert(entries_.begin(), entries_.end());  // keeps existing entries
  return result;
}

TableReader TableReader::without(std::span<const std::string_view> keys) const {
  TableReader result = *this;
  for (const std::string_view key : keys)
    if (const auto found = result.entries_.find(key); found != result.entries_.end())
      result.entries_.erase(found);
  return result;
}

TableReader TableReader::only(std::span<const std::string_view> keys) const {
  TableReader result = *this;
  std::erase_if(result.entries_,
                [&](const auto& entry) { return std::ranges::find(keys, entry.first) == keys.end(); });
  return result;
}

void TableReader::allow(std::span<const std::string_view> keys) const {
  const Entry* first = nullptr;
  std::string_view name;
  for (const auto& [key, entry] : entries_) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const auto order = [](const Entry& one) { return std::pair(one.key_begin.line, one.key_begin.column); };
    if (first && order(*first) < order(entry)) continue;
    first = &entry;
    name = key;
  }
  if (!first) return;
  fail_at(first->key_begin,
          fmt::format("unknown key `{}`; allowed here: {}", first->path, fmt::join(keys, ", ")),
          hint_for_unknown(path_, is_inline_, name, keys));
}

std::vector<std::string_view> TableReader::keys() const {
  std::vector<std::string_view> result;
  for (const auto& [key, entry] : entries_) result.push_back(key);
  return result;
}

std::string TableReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

double TableReader::number(std::string_view key, const NumberRange& range,
                           std::optional<double> fallback) const {
  const Entry* entry = find(key, fallback.has_value(), range.describe());
  if (!entry) return *fallback;
  const double value = number_in(*entry->value);
  if (!range.contains(value)) fail_type(*entry, range.describe());
  return value + 0.0;  // -0 becomes 0, which is written back the same
}

int64_t TableReader::integer(std::string_view key, int64_t low, int64_t high,
                             std::optional<int64_t> fallback) const {
  const std::string expected = fmt::format("an integer from {} to {}", low, high);
  const Entry* entry = find(key, fallback.has_value(), expected);
  if (!entry) return *fallback;
  const auto* value = entry->value->as_integer();
  if (!value || value->get() < low || value->get() > high) fail_type(*entry, expected);
  return value->get();
}

std::optional<int> TableReader::integer_or_word(std::string_view key, int low, int high,
                                                std::string_view word) const {
  const Entry* entry = find(key);
  if (!entry || entry->value->value<std::string_view>() == word) return std::nullopt;
  const auto* value = entry->value->as_integer();
  if (!value || value->get() < low || value->get() > high)
    fail_word(key, fmt::format("an integer from {} to {}, or \"{}\"", low, high, word), std::array{word});
  return static_cast<int>(value->get());
}

std::vector<int> TableReader::integers(std::string_view key, size_t count, int low, int high,
                                       Scalar scalar) const {
  const std::string expected =
      fmt::format("{}an array of {} integers from {} to {}",
                  scalar == Scalar::kAllowed ? fmt::format("an integer from {} to {}, or ", low, high) : "",
                  count, low, high);
  const Entry* entry = find(key, false, expected);
  const auto read = [&](const toml::node& node) {
    const auto* value = node.as_integer();
    if (!value || value->get() < low || value->get() > high) fail_element(*entry, node, expected);
    return static_cast<int>(value->get());
  };
  const auto* array = entry->value->as_array();
  if (!array && scalar == Scalar::kAllowed) return std::vector<int>(count, read(*entry->value));
  if (!array || array->size() != count) fail_type(*entry, expected);
  std::vector<int> result;
  for (const auto& element : *array) result.push_back(read(element));
  return result;
}

std::vector<int> TableReader::ascending_integers(std::string_view key, int low, int high) const {
  const std::string expected =
      fmt::format("an array of 1 to {} ascending integers from {} to {}", kMaxListed, low, high);
  const Entry* entry = find(key, false, expected);
  const auto* array = entry->value->as_array();
  if (!array || array->empty() || array->size() > kMaxListed) fail_type(*entry, expected);
  std::vector<int> result;
  for (const auto& element : *array) {
    const auto* value = element.as_integer();
    const int64_t least = result.empty() ? low : int64_t{result.back()} + 1;
    if (!value || value->get() < least || value->get() > high) fail_element(*entry, element, expected);
    result.push_back(static_cast<int>(value->get()));
  }
  return result;
}

std::vector<double> TableReader::numbers(std::string_view key, const NumberRange& range) const {
  const std::string expected =
      fmt::format("an array of 1 to {} numbers, each {}", kMaxListed, range.describe());
  const Entry* entry = find(key, false, expected);
  const auto* array = entry->value->as_array();
  if (!array || array->empty() || array->size() > kMaxListed) fail_type(*entry, expected);
  std::vector<double> values(array->size());
  read_numbers(key, range, values);
  return values;
}

void TableReader::read_numbers(std::string_view key, const NumberRange& range,
                               std::span<double> values) const {
  const Entry* entry = find(key);
  if (!entry) return;
  const std::string expected =
      fmt::format("an array of {} numbers, each {}", values.size(), range.describe());
  const auto* array = entry->value->as_array();
  if (!array || array->size() != values.size()) fail_type(*entry, expected);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = number_in(*array->get(i)) + 0.0;
    if (!range.contains(values[i])) fail_element(*entry, *array->get(i), expected);
  }
}

bool TableReader::boolean(std::string_view key, bool fallback) const {
  const Entry* entry = find(key);
  if (!entry) return fallback;
  const auto* value = entry->value->as_boolean();
  if (!value) fail_type(*entry, "true or false");
  return value->get();
}

std::string TableReader::text(std::string_view key, std::optional<std::string> fallback,
                              std::string_view allowed_controls) const {
  const std::string_view expected = "text without control characters";
  const Entry* entry = find(key, fallback.has_value(), expected);
  if (!entry) return *fallback;
  const auto* value = entry->value->as_string();
  if (!value || has_control(value->get(), allowed_controls)) fail_type(*entry, expected);
  return value->get();
}

bool TableReader::is_text(std::string_view key) const {
  const Entry* entry = find(key);
  return entry && entry->value->is_string();
}

std::vector<std::string> TableReader::texts(std::string_view key) const {
  const std::string expected = fmt::format("an array of 1 to {} texts", kMaxListed);
  const Entry* entry = find(key, false, expected);
  const auto* array = entry->value->as_array();
  if (!array || array->empty() || array->size() > kMaxListed) fail_type(*entry, expected);
  std::vector<std::string> result;
  for (const auto& element : *array) {
    const auto* value = element.as_string();
    if (!value) fail_element(*entry, element, expected);
    result.push_back(value->get());
  }
  return result;
}

std::optional<size_t> TableReader::array_size(std::string_view key) const {
  const Entry* entry = find(key);
  const auto* array = entry ? entry->value->as_array() : nullptr;
  return array ? std::optional(array->size()) : std::nullopt;
}

size_t TableReader::choose(std::string_view key, std::span<const std::string_view> names) const {
  const Entry* entry = find(key);
  const auto* value = entry ? entry->value->as_string() : nullptr;
  const auto found = value ? std::find(names.begin(), names.end(), value->get()) : names.end();
  if (found == names.end()) fail_word(key, fmt::format("one of {}", fmt::join(names, ", ")), names);
  return static_cast<size_t>(found - names.begin());
}

void TableReader::fail_word(std::string_view key, std::string_view expected,
                            std::span<const std::string_view> words) const {
  const Entry* entry = find(key, false, expected);
  const auto* value = entry->value->as_string();
  if (!value) fail_type(*entry, expected);
  fail(key, fmt::format("expected {}, found {}", expected, describe(*entry->value)),
       did_you_mean(value->get(), words));
}

std::optional<TableReader> TableReader::table(std::string_view key) const {
  const Entry* entry = find(key);
  if (!entry) return std::nullopt;
  if (!entry->value->is_table()) fail_type(*entry, "a table");
  return TableReader(source_, entry->path, *entry->value->as_table());
}

TableReader TableReader::required_table(std::string_view key) const {
  find(key, false, "a table");
  return *table(key);
}

std::vector<TableReader> TableReader::tables(std::string_view key) const {
  const Entry* entry = find(key);
  if (!entry) return {};
  const auto* array = entry->value->as_array();
  if (entry->value->is_table())
    fail(key, "expected an array of tables, found a table", fmt::format("write [[{}]]", entry->path));
  if (!array) fail_type(*entry, "an array of tables");
  std::vector<TableReader> result;
  for (const auto& element : *array) {
    std::string path = fmt::format("{}[{}]", entry->path, result.size());
    if (!element.is_table())
      fail_at(element.source().begin, fmt::format("{}: expected a table, found {}", path, describe(element)),
              "");
    result.emplace_back(source_, std::move(path), *element.as_table());
  }
  return result;
}

void TableReader::fail(std::string_view key, std::string_view message, std::string_view hint) const {
  const Entry* entry = find(key);
  fail_at(entry ? entry->value->source().begin : begin_,
          fmt::format("{}: {}", entry ? entry->path : path_of(key), message), hint);
}

void TableReader::fail_here(std::string_view message, std::string_view hint) const {
  fail_at(begin_, path_.empty() ? std::string(message) : fmt::format("{}: {}", path_, message), hint);
}

const TableReader::Entry* TableReader::find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

const TableReader::Entry* TableReader::find(std::string_view key, bool optional,
                                            std::string_view expected) const {
  const Entry* entry = find(key);
  if (!entry && !optional)
    fail_at(begin_, fmt::format("{}: missing; expected {}", path_of(key), expected), "");
  return entry;
}

void TableReader::fail_at(toml::source_position at, std::string_view message, std::string_view hint) const {
  throw RecipeError(source_, std::max(at.line, 1U), std::max(at.column, 1U), message, hint);
}

void TableReader::fail_type(const Entry& entry, std::string_view expected) const {
  fail_element(entry, *entry.value, expected);
}

void TableReader::fail_element(const Entry& entry, const toml::node& element,
                               std::string_view expected) const {
  fail_at(element.source().begin,
          fmt::format("{}: expected {}, found {}", entry.path, expected, describe(element)), "");
}

}  // namespace rung::recipe

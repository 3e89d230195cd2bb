// Works on the resolved recipe's TOML as a tree; the result passes the same checks as a file.
#include "recipe/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>
#include <utility>

#include "base/key_depth.h"
#include "base/text.h"
#include "data/registry.h"
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

constexpr std::string_view kSource = "recipe";
constexpr size_t kLongestValue = 60;  // in messages

std::string_view trim(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// The number of bytes before the first comma outside quotes and brackets.
size_t first_value(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (quote != 0) {
      if (byte == '\\' && quote == '"') ++i;
      if (byte == quote) quote = 0;
    } else if (byte == '"' || byte == '\'') {
      quote = byte;
    } else if (byte == '[' || byte == '{') {
      ++depth;
    } else if (byte == ']' || byte == '}') {
      --depth;
    } else if (byte == ',' && depth <= 0) {
      return i;
    }
  }
  return text.size();
}

// A table with the value under the key "value".
toml::table parse_value(const std::string& text) {
  const std::string document = "value = " + text;
  if (!find_too_deep_key(document)) {
    try {
      toml::table parsed = toml::parse(document);
      if (parsed.size() == 1) return parsed;
    } catch (const toml::parse_error&) {  // a bare word
    }
  }
  return toml::table{{"value", text}};
}

[[noreturn]] void fail(const std::string& key, std::string_view message) {
  throw UsageError(fmt::format("the setting {}: {}", shortened(key, kLongestValue), message),
                   "write it as in optimizer.lr=0.02, or model.layers[2].p=0.1");
}

// One part of a key: a table's key, with an index if its value is an array.
struct Part {
  std::string_view name;
  std::optional<size_t> index;
};

Part parse_part(std::string_view text, const std::string& key) {
  const size_t bracket = text.find('[');
  Part part{text.substr(0, bracket), std::nullopt};
  if (part.name.empty()) fail(key, "a part of the key is empty");
  if (bracket == std::string_view::npos) return part;
  size_t index = 0;
  const std::string_view digits = text.substr(bracket + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc{} || std::string_view(end, digits.data() + digits.size()) != "]")
    fail(key, "expected a number in brackets");
  part.index = index;
  return part;
}

std::vector<Part> parse_key(const std::string& key) {
  std::vector<Part> parts;
  for (std::string_view rest = key;;) {
    const size_t dot = rest.find('.');
    parts.push_back(parse_part(rest.substr(0, dot), key));
    if (dot == std::string_view::npos) return parts;
    if (parts.size() == kMaxKeyParts) fail(key, fmt::format("it has more than {} parts", kMaxKeyParts));
    rest.remove_prefix(dot + 1);
  }
}

// The array element that the part names.
toml::node& element(toml::table& table, const Part& part, const std::string& key) {
  toml::array* array = table.get_as<toml::array>(part.name);
  if (array == nullptr) fail(key, fmt::format("{} is not an array", part.name));
  if (*part.index >= array->size())
    fail(key, fmt::format("{} has {}, counted from 0", part.name, counted(array->size(), "element")));
  return *array->get(*part.index);
}

// The subtable that the part names, created if missing; the recipe's own checks decide whether it may exist.
toml::table& descend(toml::table& table, const Part& part, const std::string& key) {
  toml::node& next =
      part.index ? element(table, part, key) : table.insert(part.name, toml::table{}).first->second;
  if (!next.is_table()) fail(key, fmt::format("{} is not a table", part.name));
  return *next.as_table();
}

void assign(toml::table& table, const Part& part, const toml::node& value, const std::string& key) {
  if (part.name == "type" && !part.index && table["type"].value<std::string>() != value.value<std::string>())
    table.clear();
  value.visit([&](const auto& concrete) {
    if (part.index) {
      element(table, part, key);
      toml::array& array = *table.get_as<toml::array>(part.name);
      array.replace(array.cbegin() + static_cast<std::ptrdiff_t>(*part.index), concrete);
    } else {
      table.insert_or_assign(part.name, concrete);
    }
  });
}

void apply(toml::table& document, const Setting& setting) {
  const std::vector<Part> parts = parse_key(setting.key);
  if (setting.key.starts_with("model.stages"))
    fail(setting.key, "stages are already expanded: name a layer of the expanded model");
  toml::table* table = &document;
  for (size_t i = 0; i + 1 < parts.size(); ++i) table = &descend(*table, parts[i], setting.key);
  assign(*table, parts.back(), *parse_value(setting.value).get("value"), setting.key);
}

// If a setting chose a schedule that sets the learning rate or the momentum, they move from the optimizer to
// the schedule. The resolved recipe would otherwise name both and be refused.
void hand_rates_over(toml::table& document, std::span<const Setting> settings) {
  // Set by its own key or as part of a table.
  const auto is_set = [&](std::string_view key) {
    return std::ranges::any_of(settings, [&](const Setting& setting) {
      return key == setting.key || key.starts_with(setting.key + '.');
    });
  };
  toml::table* optimizer = document["optimizer"].as_table();
  if (optimizer == nullptr || !is_set("lr_scheduler.type")) return;
  const optim::LrScheduler scheduler = parse_lr_scheduler(TableReader(kSource, "", document));
  if (optim::sets_lr(scheduler) && !is_set("optimizer.lr")) optimizer->erase("lr");
  if (optim::sets_momentum(scheduler) && !is_set("optimizer.momentum")) optimizer->erase("momentum");
}

bool sets_type(const Setting& setting) {
  return setting.key.ends_with(".type");
}

// If the recipe does not train for the epochs that were stated, its targets say for how many they are meant.
void mark_targets(Recipe& recipe, int stated_epochs) {
  if (recipe.training.epochs == stated_epochs) return;
  constexpr std::string_view kMark = ", meant for ";
  for (Target& target : recipe.targets) {
    const bool is_of_training = target.metric != Metric::kParams && !is_of_chip(target.metric) &&
                                std::holds_alternative<double>(target.bound);
    if (is_of_training && target.text.find(kMark) == std::string::npos)
      target.text += fmt::format("{}{}", kMark, counted(static_cast<size_t>(stated_epochs), "epoch"));
  }
}

std::string text_of(const toml::node* node) {
  if (node == nullptr) return "none";
  if (const auto* number = node->as_floating_point()) return fmt::format("{}", number->get());
  std::ostringstream text;
  node->visit([&](const auto& concrete) { text << concrete; });
  return text.str();
}

std::optional<Difference> difference(const toml::node* first, const toml::node* second,
                                     const std::string& path);

std::optional<Difference> difference(const toml::table& first, const toml::table& second,
                                     const std::string& path) {
  std::set<std::string_view> keys;
  for (const toml::table* table : {&first, &second})
    for (const auto& [key, value] : *table) keys.insert(key.str());
  for (const std::string_view key : keys) {
    const std::string below = path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
    if (auto found = difference(first.get(key), second.get(key), below)) return found;
  }
  return std::nullopt;
}

std::optional<Difference> difference(const toml::array& first, const toml::array& second,
                                     const std::string& path) {
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (auto found = difference(first.get(i), second.get(i), fmt::format("{}[{}]", path, i))) return found;
  }
  return std::nullopt;
}

std::optional<Difference> difference(const toml::node* first, const toml::node* second,
                                     const std::string& path) {
  if (first != nullptr && second != nullptr) {
    if (first->is_table() && second->is_table())
      return difference(*first->as_table(), *second->as_table(), path);
    if (first->is_array() && second->is_array())
      return difference(*first->as_array(), *second->as_array(), path);
    if (first->type() == second->type() && text_of(first) == text_of(second)) return std::nullopt;
  }
  return Difference{path, shortened(text_of(first), kLongestValue),
                    shortened(text_of(second), kLongestValue)};
}

}  // namespace

std::vector<Setting> parse_settings(std::string_view text) {
  const size_t equals = text.find('=');
  const std::string key(trim(text.substr(0, equals)));
  if (equals == std::string_view::npos || key.empty())
    fail(std::string(text), "expected a key, = and values");
  std::vector<Setting> settings;
  std::string_view rest = text.substr(equals + 1);
  while (true) {
    const size_t length = first_value(rest);
    settings.push_back({key, std::string(trim(rest.substr(0, length)))});
    if (settings.back().value.empty()) fail(key, "a value is missing");
    if (length == rest.size()) return settings;
    rest.remove_prefix(length + 1);
  }
}

Recipe with_settings(const Recipe& recipe, std::span<const Setting> settings) {
  toml::table document = parse_document(to_toml(recipe), kSource);
  std::vector<Setting> types_first(settings.begin(), settings.end());
  std::stable_partition(types_first.begin(), types_first.end(), sets_type);
  for (const Setting& setting : types_first) apply(document, setting);
  try {
    hand_rates_over(document, settings);
    Recipe changed = parse_recipe(document, kSource);
    // The recipe's own folder is an absolute path; one that is given here is relative to the current folder.
    if (data::is_folder(changed.dataset.name) && changed.dataset.name != recipe.dataset.name)
      changed.dataset.name = folder_seen_from(".", changed.dataset.name);
    if (auto& distill = changed.training.distill; distill != recipe.training.distill)
      for (optim::Teacher& teacher : distill->teachers)
        if (optim::is_file_name(teacher)) teacher.source = folder_seen_from(".", teacher.source);
    mark_targets(changed, recipe.training.epochs);
    return changed;
  } catch (const RecipeError& error) {
    std::vector<std::string> words;
    for (const Setting& setting : settings) words.push_back(fmt::format("{}={}", setting.key, setting.value));
    // Drops the position in the resolved text, which would mean nothing to the user.
    const size_t place = fmt::format("{}:{}:{}: ", kSource, error.line, error.column).size();
    throw UsageError(fmt::format("{} with {}: {}", recipe.name, fmt::join(words, ", "), error.what() + place),
                     error.hint());
  }
}

Recipe with_epochs(Recipe recipe, int epochs) {
  const int stated_epochs = std::exchange(recipe.training.epochs, epochs);
  mark_targets(recipe, stated_epochs);
  return recipe;
}

std::optional<Difference> first_difference(const Recipe& first, const Recipe& second) {
  return difference(parse_document(to_toml(first), kSource), parse_document(to_toml(second), kSource), "");
}

}  // namespace rung::recipe

#include "import/map_classes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "import/listing.h"

namespace rung::imports {
namespace {

using NewNames = std::vector<std::pair<std::string, std::string>>;

// The new name of each class.
std::vector<std::string> renamed(const ImageSet& set, const NewNames& new_names) {
  std::vector<std::optional<std::string>> names(set.classes.size());
  for (const auto& [old_name, new_name] : new_names) {
    std::optional<std::string>& name = names[require_class(set, old_name)];
    if (name) throw UsageError(fmt::format("--map gives the class {} two new names", quotable(old_name)));
    name = new_name;
  }
  std::vector<std::string> all;
  for (size_t i = 0; i < names.size(); ++i) all.push_back(names[i].value_or(set.classes[i]));
  return all;
}

// A sentence for each new name.
void say_mapped(ImageSet& set, const std::vector<std::string>& names, const NewNames& new_names) {
  std::map<std::string, std::vector<std::string>> sources;
  for (size_t i = 0; i < names.size(); ++i) sources[names[i]].push_back(set.classes[i]);
  for (const auto& [old_name, new_name] : new_names) {
    const auto found = sources.find(new_name);
    if (found == sources.end()) continue;  // (said already)
    const auto& from = found->second;
    if (from.size() > 1)
      set.steps.push_back(
          fmt::format("The classes {} became one, {}.", some_of(from, 10), quotable(new_name)));
    else if (from.front() != new_name)
      set.steps.push_back(fmt::format("The class {} became {}.", quotable(old_name), quotable(new_name)));
    sources.erase(found);
  }
}

}  // namespace

size_t require_class(const ImageSet& set, const std::string& name) {
  const auto found = std::ranges::find(set.classes, name);
  if (found != set.classes.end()) return static_cast<size_t>(found - set.classes.begin());
  const std::vector<std::string_view> names(set.classes.begin(), set.classes.end());
  const auto guess = nearest(name, names);
  throw UsageError(
      fmt::format("there is no class {}{}", quotable(name),
                  guess ? fmt::format("; did you mean {}?", quotable(*guess)) : ""),
      fmt::format("the classes are {}", shortened(fmt::format("{}", fmt::join(names, ", ")), 300)));
}

void map_classes(ImageSet& set, const NewNames& new_names) {
  if (new_names.empty()) return;
  const std::vector<std::string> names = renamed(set, new_names);
  say_mapped(set, names, new_names);
  std::map<std::string, uint32_t> label_of;
  std::vector<std::string> classes;
  std::vector<uint32_t> labels;  // by the old ones
  for (const std::string& name : names) {
    const auto [found, is_new] = label_of.try_emplace(name, static_cast<uint32_t>(classes.size()));
    if (is_new) classes.push_back(name);
    labels.push_back(found->second);
  }
  for (uint32_t& label : set.labels) label = labels[label];
  set.classes = std::move(classes);
}

}  // namespace rung::imports

#include "data/class_names.h"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "base/text.h"
#include "data/registry.h"

namespace rung::data {
namespace {

// Empty for a dataset whose classes are numbers.
std::span<const std::string> published_names(std::string_view dataset) {
  const DatasetInfo* known = known_dataset(dataset);
  if (known == nullptr) return {};
  return known->class_names;
}

}  // namespace

std::string problem_of(std::span<const std::string> names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (name.empty()) return "a class has an empty name";
    if (name.size() > kLongestClassName)
      return fmt::format("the class name {} has more than {} bytes", quotable(name), kLongestClassName);
    if (!is_utf8(name) || has_control(name))
      return fmt::format("the class name {} holds control characters, or bytes that are not UTF-8",
                         quotable(name));
    if (!seen.insert(name).second) return fmt::format("two classes are called {}", name);
  }
  return "";
}

std::string class_name(const DatasetSpec& dataset, size_t label) {
  if (label < dataset.class_names.size()) return dataset.class_names[label];
  const auto names = published_names(dataset.class_names.empty() ? dataset.name : "");
  return label < names.size() ? names[label] : std::to_string(label);
}

std::vector<std::string> names_of_classes(const DatasetSpec& dataset, int classes) {
  std::vector<std::string> names;
  for (int k = 0; k < classes; ++k) names.push_back(class_name(dataset, static_cast<size_t>(k)));
  return names;
}

bool has_class_names(const DatasetSpec& dataset) {
  return !dataset.class_names.empty() || !published_names(dataset.name).empty();
}

}  // namespace rung::data

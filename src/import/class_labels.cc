#include "import/class_labels.h"

#include <fmt/format.h>

#include "base/error.h"

namespace rung::imports {

void ClassLabels::add_one(const std::string& name, const std::string& place) {
  constexpr size_t kMost = 10'000;
  const auto [found, is_new] = label_of_.try_emplace(name, static_cast<uint32_t>(label_of_.size()));
  if (is_new) classes_.push_back(name);
  labels_.push_back(found->second);
  if (label_of_.size() > kMost)
    throw DataError(fmt::format("{}: more than {} different labels", place, kMost), "are these the labels?");
}

void ClassLabels::add(std::span<const int64_t> numbers, const std::string& place) {
  for (const int64_t number : numbers) add_one(std::to_string(number), place);
}

void ClassLabels::add(std::span<const std::string> names, const std::string& place) {
  for (const std::string& name : names) add_one(name, place);
}

}  // namespace rung::imports

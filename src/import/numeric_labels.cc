#include "import/numeric_labels.h"

#include <fmt/format.h>

#include "base/error.h"

namespace rung::imports {

void NumericLabels::add(std::span<const int64_t> labels, const std::string& place) {
  constexpr size_t kMost = 10'000;
  for (const int64_t number : labels) {
    const auto [found, is_new] = label_of_.try_emplace(number, static_cast<uint32_t>(label_of_.size()));
    if (is_new) set_.classes.push_back(std::to_string(number));
    set_.labels.push_back(found->second);
    if (label_of_.size() > kMost)
      throw DataError(fmt::format("{}: more than {} different labels", place, kMost),
                      "are these the labels?");
  }
}

}  // namespace rung::imports

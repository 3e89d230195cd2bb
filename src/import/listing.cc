#include "import/listing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace rung::imports {

std::string some_of(std::span<const std::string> names, size_t most) {
  std::vector<std::string> shown;
  for (const std::string& name : names.first(std::min(most, names.size()))) shown.push_back(quotable(name));
  return fmt::format("{}{}", fmt::join(shown, ", "),
                     names.size() > most ? fmt::format(" and {} more", names.size() - most) : "");
}

}  // namespace rung::imports

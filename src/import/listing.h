// Lists of names in sentences.
#pragma once

#include <span>
#include <string>

namespace rung::imports {

// "a, b, c and 4 more", each fit for a message.
std::string some_of(std::span<const std::string> names, size_t most = 3);

}  // namespace rung::imports

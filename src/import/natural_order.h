// The order in which people list names: numbers by their value, "2" before "10", "a9" before "a10".
#pragma once

#include <string_view>

namespace rung::imports {

// A strict weak order, in which names that differ only in leading zeros follow their bytes.
bool natural_less(std::string_view first, std::string_view second);

}  // namespace rung::imports

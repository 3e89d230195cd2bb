// Text as a string in TOML.
#pragma once

#include <string>
#include <string_view>

namespace rung {

// In double quotes, on one line, with what TOML wants escaped. Precondition: UTF-8.
std::string toml_string(std::string_view text);

}  // namespace rung

#include "base/toml_string.h"

#include <fmt/format.h>

#include <iterator>

namespace rung {

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      result += {'\\', byte};
    } else if (byte == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(result), "\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      result += byte;
    }
  }
  return result + '"';
}

}  // namespace rung

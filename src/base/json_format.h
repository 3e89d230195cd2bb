// Rung's JSON files: how they are read, and how the small ones begin: with their format, so that none is
// taken for another.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace rung {

// Whether more than `most` brackets of JSON are open at once; parsing them would take a hundred times their
// size in memory. (The library's parser can report the depth to a callback, but its time then grows as the
// square of the size.)
inline bool nests_deeper(std::string_view json, int most) {
  int depth = 0;
  bool quoted = false;
  for (size_t at = 0; at < json.size(); ++at) {
    const char byte = json[at];
    if (byte == '"') quoted = !quoted;
    if (quoted) {
      if (byte == '\\') ++at;  // an escaped character ends no string
      continue;
    }
    if (byte == '{' || byte == '[') ++depth;
    if (byte == '}' || byte == ']') --depth;
    if (depth > most) return true;
  }
  return false;
}

// Null if the text is not JSON, or nested deeper than any of Rung's files. (For the library's parser a zero
// byte ends the text, whatever follows.)
inline nlohmann::json parse_json(std::string_view text) {
  constexpr int kMaxDepth = 8;
  if (nests_deeper(text, kMaxDepth) || text.find('\0') != std::string_view::npos) return {};
  nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? nlohmann::json() : value;
}

struct JsonFormat {
  const char* name;
  int version;  // the only one that a reader knows

  // An object with only these two fields.
  nlohmann::ordered_json begin() const { return {{"format", name}, {"version", version}}; }

  // The text's object; null if it is not an object of this format and version.
  nlohmann::json parse(std::string_view text) const {
    nlohmann::json file = parse_json(text);
    const bool known = file.is_object() && file.value("format", nlohmann::json()) == name &&
                       file.value("version", nlohmann::json()) == version;
    return known ? file : nlohmann::json();
  }
};

}  // namespace rung

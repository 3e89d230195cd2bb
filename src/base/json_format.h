// Rung's JSON files: how they are read, and how the small ones begin: with what they are, so that none is
// taken for another.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace rung {

// Whether more than so many brackets of JSON are open at once: they would cost a hundred times their size in
// memory. (The library's parser can say so too, by a callback, but then takes time that grows as the square
// of the size.)
inline bool nests_deeper(std::string_view json, int most) {
  int depth = 0;
  bool quoted = false;
  for (size_t at = 0; at < json.size(); ++at) {
    const char byte = json[at];
    if (byte == '"') quoted = !quoted;
    if (quoted) {
      if (byte == '\\') ++at;  // what is escaped ends no string
      continue;
    }
    if (byte == '{' || byte == '[') ++depth;
    if (byte == '}' || byte == ']') --depth;
    if (depth > most) return true;
  }
  return false;
}

// A null if the text is no JSON, or nested deeper than any file of Rung's is.
inline nlohmann::json parse_json(std::string_view text) {
  constexpr int kMaxDepth = 8;
  if (nests_deeper(text, kMaxDepth)) return {};
  nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? nlohmann::json() : value;
}

struct JsonFormat {
  const char* name;
  int version;  // a reader knows one

  // An object of these two alone.
  nlohmann::ordered_json begin() const { return {{"format", name}, {"version", version}}; }

  // The object that the text is; null if it is none, or one of another format or version.
  nlohmann::json parse(std::string_view text) const {
    nlohmann::json file = parse_json(text);
    const bool known = file.is_object() && file.value("format", nlohmann::json()) == name &&
                       file.value("version", nlohmann::json()) == version;
    return known ? file : nlohmann::json();
  }
};

}  // namespace rung

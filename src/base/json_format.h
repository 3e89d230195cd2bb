// Rung's JSON files: how they are read, and how the small ones begin: with what they are, so that none is
// taken for another.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace rung {

// A null if the text is no JSON, or nested deeper than any file of Rung's is: brackets in brackets would cost
// a hundred times their size in memory.
inline nlohmann::json parse_json(std::string_view text) {
  constexpr int kMaxDepth = 8;
  bool too_deep = false;
  const auto refuse_depth = [&](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;  // else it is left out
  };
  nlohmann::json value = nlohmann::json::parse(text, refuse_depth, /*allow_exceptions=*/false);
  return too_deep || value.is_discarded() ? nlohmann::json() : value;
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

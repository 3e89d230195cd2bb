// How Rung's small JSON files begin: with what they are, so that none is taken for another.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace rung {

struct JsonFormat {
  const char* name;
  int version;  // a reader knows one

  // An object of these two alone.
  nlohmann::ordered_json begin() const { return {{"format", name}, {"version", version}}; }

  // The object that the text is; null if it is none, or one of another format or version.
  nlohmann::json parse(std::string_view text) const {
    nlohmann::json file = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool known = file.is_object() && file.value("format", nlohmann::json()) == name &&
                       file.value("version", nlohmann::json()) == version;
    return known ? file : nlohmann::json();
  }
};

}  // namespace rung

// HTML whose structure its contents cannot break: html() escapes every argument except HTML itself.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace rung::report {

// Markup, as opposed to text.
struct Html {
  std::string markup;

  Html& operator+=(const Html& more) {
    markup += more.markup;
    return *this;
  }
  bool empty() const { return markup.empty(); }
};

// The text for use between tags or in a quoted attribute; control characters other than line breaks are spelt
// out.
std::string escaped(std::string_view text);

inline std::string insertable(std::string_view text) {
  return escaped(text);
}
inline const std::string& insertable(const Html& part) {
  return part.markup;
}
template <typename T>
requires std::is_arithmetic_v<T> T insertable(T number) {
  return number;
}

// As fmt::format: `html("<td>{}</td>", name)`. Text is escaped, Html is not, numbers take format
// specifications.
template <typename... Args>
Html html(fmt::format_string<decltype(insertable(std::declval<const Args&>()))...> format,
          const Args&... args) {
  return {fmt::format(format, insertable(args)...)};
}

// A data block that a script reads by its id: JSON in ASCII, without a character that HTML would act on.
Html json_block(std::string_view id, const nlohmann::ordered_json& json);

std::string base64(std::span<const std::byte> bytes);

// The hash by which a Content-Security-Policy allows an inline script or style: 'sha256-...'.
std::string csp_hash(std::string_view content);

}  // namespace rung::report

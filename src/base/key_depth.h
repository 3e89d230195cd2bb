// A guard before the TOML parser: it nests one table for each part of a dotted key and frees them
// recursively, so a key of a hundred thousand parts would overflow the stack. (The parser limits brackets
// itself.)
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rung {

inline constexpr int kMaxKeyParts = 16;

struct TextPosition {
  uint32_t line = 1;
  uint32_t column = 1;
};

// The position at which the first key of more than kMaxKeyParts parts becomes too long.
std::optional<TextPosition> find_too_deep_key(std::string_view toml);

}  // namespace rung

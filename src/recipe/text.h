// Text from a recipe on its way to a terminal, and guesses at what a misspelt word was meant to be.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rung::recipe {

// Whether UTF-8 text holds a control character (C0, DEL or C1), other than those in `allowed`. Terminals act
// on them.
bool has_control(std::string_view text, std::string_view allowed = "");

// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The text with every control character spelt out, as in \x1b.
std::string printable(std::string_view text);

// The candidate that is a typing error or two away from `word`, case aside.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace rung::recipe

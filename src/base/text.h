// Text on its way to people: what must not reach a terminal as it is, and guesses at what a misspelt word was
// meant to be.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rung {

// Whether UTF-8 text holds a control character (C0, DEL or C1), other than those in `allowed`. Terminals act
// on them.
bool has_control(std::string_view text, std::string_view allowed = "");

// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The text with every control character that is not in `allowed`, and every byte that is not UTF-8, spelt
// out, as in \x1b: whatever it came from, no terminal acts on it.
std::string printable(std::string_view text, std::string_view allowed = "");

// The text if it has no more than `most` bytes; else as many whole characters as fit into them, and "...".
std::string shortened(std::string_view text, size_t most);

// The candidate that is a typing error or two away from `word`, case aside.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace rung

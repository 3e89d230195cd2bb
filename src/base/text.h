// Text for people: escapes what must not reach a terminal, measures columns, and guesses what a misspelt word
// was meant to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rung {

// Whether UTF-8 text holds a control character (C0, DEL or C1) that is not in `allowed`. Terminals act on
// them.
bool has_control(std::string_view text, std::string_view allowed = "");

// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The text with every control character that is not in `allowed`, and every byte that is not UTF-8, spelt
// out, as in \x1b, so that no terminal acts on it.
std::string printable(std::string_view text, std::string_view allowed = "");

// The text if it has at most `most` bytes; otherwise as many whole characters as fit, and "...".
std::string shortened(std::string_view text, size_t most);

// A name from a file, fit for a message: printable(), and short.
std::string quotable(std::string_view text);

// With small letters in the place of ASCII's capitals.
std::string lowered(std::string_view text);

// "1 run", "2 runs".
std::string counted(size_t count, std::string_view noun);

// 13590 -> "13,590".
std::string with_commas(int64_t number);

// Columns that printable UTF-8 text takes on a terminal: 2 for a wide character, 0 for one that combines with
// the character before it.
int columns_of(std::string_view text);

// The text if it takes at most `columns`; otherwise what fits, with "…" at its end.
std::string cut_to(std::string_view text, int columns);

// The text padded with spaces, after it or before it, to `columns`.
std::string padded(std::string_view text, int columns);
std::string padded_left(std::string_view text, int columns);

// The candidate that is one or two typing errors away from `word`, ignoring case.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace rung

// Edit distance is the optimal string alignment distance: insertions, deletions, replacements and swaps of
// neighbours, in O(length^2) by dynamic programming over three rows.
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <clocale>
#include <cwchar>
#include <iterator>
#include <utility>
#include <vector>

#include "base/require.h"

namespace rung {
namespace {

constexpr size_t kLongestWord = 64;  // bounds the work; no key or name is longer

struct Character {
  size_t length = 0;  // bytes; 0 if it is not a character
  uint32_t code = 0;
};

// The UTF-8 character at the front of `text`. Precondition: the text is not empty.
Character first_character(std::string_view text) {
  RUNG_REQUIRE(!text.empty());
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  if (length == 0 || text.size() < length) return {};
  uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if (next >> 6 != 2) return {};
    code = code << 6 | (next & 0x3FU);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kLeast[length] || code > 0x10FFFF || surrogate) return {};
  return {length, code};
}

// While one exists, the system's tables of characters are Unicode's, whatever the user's locale.
class UnicodeTables {
 public:
  UnicodeTables() : before_(::uselocale(tables())) {}
  ~UnicodeTables() { ::uselocale(before_); }
  UnicodeTables(const UnicodeTables&) = delete;
  UnicodeTables& operator=(const UnicodeTables&) = delete;

  // Columns of a character; 1 where the tables do not know it.
  static int width(uint32_t code) {
    const int width = ::wcwidth(static_cast<wchar_t>(code));
    return width < 0 ? 1 : width;
  }

 private:
  // None on a system without the locale C.UTF-8; every character then takes one column.
  static locale_t tables() {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;
  }

  locale_t before_;
};

// C1 controls are 0xC2 0x80 .. 0xC2 0x9F in UTF-8.
bool is_control(std::string_view character) {
  const auto byte = [&](size_t index) { return static_cast<unsigned char>(character[index]); };
  if (character.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  return character.size() == 1 && (byte(0) < 0x20 || byte(0) == 0x7F);
}

// Calls visit(character, true) for each UTF-8 character, and visit(byte, false) for each other byte.
template <typename Visit>
void for_each_character(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t length = first_character(text).length;
    visit(text.substr(0, std::max<size_t>(length, 1)), /*well_formed=*/length > 0);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
}

bool is_refused(std::string_view character, std::string_view allowed) {
  return is_control(character) && allowed.find(character) == std::string_view::npos;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

bool has_control(std::string_view text, std::string_view allowed) {
  bool found = false;
  for_each_character(text,
                     [&](std::string_view character, bool) { found |= is_refused(character, allowed); });
  return found;
}

bool is_utf8(std::string_view text) {
  bool all = true;
  for_each_character(text, [&](std::string_view, bool well_formed) { all &= well_formed; });
  return all;
}

std::string printable(std::string_view text, std::string_view allowed) {
  std::string result;
  for_each_character(text, [&](std::string_view character, bool well_formed) {
    if (well_formed && !is_refused(character, allowed)) {
      result += character;
      return;
    }
    for (const char byte : character)
      fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(byte));
  });
  return result;
}

std::string shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string quotable(std::string_view text) {
  constexpr size_t kMost = 60;
  return printable(shortened(text, kMost));
}

std::string lowered(std::string_view word) {
  std::string result(word);
  for (char& letter : result)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return result;
}

std::string counted(size_t count, std::string_view noun) {
  const bool hisses = noun.ends_with('s') || noun.ends_with("tch");
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : hisses ? "es" : "s");
}

std::string with_commas(int64_t number) {
  std::string digits = std::to_string(number);
  const std::ptrdiff_t first = number < 0 ? 1 : 0;
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > first; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

int columns_of(std::string_view text) {
  const UnicodeTables tables;
  int columns = 0;
  for_each_character(text, [&](std::string_view character, bool) {
    columns += UnicodeTables::width(first_character(character).code);
  });
  return columns;
}

std::string cut_to(std::string_view text, int columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns < 1) return "";
  const UnicodeTables tables;
  int room = columns - 1;  // the ellipsis takes one
  size_t end = 0;
  for_each_character(text, [&](std::string_view character, bool) {
    room -= UnicodeTables::width(first_character(character).code);
    if (room >= 0) end += character.size();
  });
  return std::string(text.substr(0, end)) + "…";
}

std::string padded(std::string_view text, int columns) {
  return std::string(text) + std::string(static_cast<size_t>(std::max(0, columns - columns_of(text))), ' ');
}

std::string padded_left(std::string_view text, int columns) {
  return std::string(static_cast<size_t>(std::max(0, columns - columns_of(text))), ' ') + std::string(text);
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > kLongestWord) return std::nullopt;
  const std::string typed = lowered(word);
  std::optional<std::string_view> best;
  size_t best_distance = (word.size() + 2) / 3 + 1;  // more is not a typing error
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(typed, lowered(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace rung

// Edit distance is the optimal string alignment distance: insertions, deletions, replacements and swaps of
// neighbours, in O(length^2) by dynamic programming over three rows.
#include "recipe/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace rung::recipe {
namespace {

constexpr size_t kLongestWord = 64;  // bounds the work; no key or name is longer

// Bytes of the control character at the front of `text`, or 0. C1 controls are 0xC2 0x80 .. 0xC2 0x9F in
// UTF-8.
size_t control_length(std::string_view text) {
  const auto byte = [&](size_t index) { return static_cast<unsigned char>(text[index]); };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && text.size() > 1 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;
  return 0;
}

std::string lower(std::string_view word) {
  std::string result(word);
  for (char& letter : result)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return result;
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
  for (size_t at = 0; at < text.size(); ++at)
    if (control_length(text.substr(at)) > 0 && allowed.find(text[at]) == std::string_view::npos) return true;
  return false;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t control = control_length(text);
    for (size_t index = 0; index < control; ++index)
      fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(text[index]));
    if (control == 0) result += text.front();
    text.remove_prefix(std::max<size_t>(control, 1));
  }
  return result;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > kLongestWord) return std::nullopt;
  const std::string typed = lower(word);
  std::optional<std::string_view> best;
  size_t best_distance = (word.size() + 2) / 3 + 1;  // further away is no typing error
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(typed, lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80       ? 1
                          : lead >> 5 == 6  ? 2
                          : lead >> 4 == 14 ? 3
                          : lead >> 3 == 30 ? 4
                                            : 0;
    if (length == 0 || text.size() - at < length) return false;
    uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3FU);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    at += length;
  }
  return true;
}

}  // namespace rung::recipe

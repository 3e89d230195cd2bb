// Reads just enough TOML to tell dots in keys from dots in strings and comments. On text that is not TOML it
// may be wrong after the first error, where the parser stops.
#include "base/key_depth.h"

#include <algorithm>

namespace rung {
namespace {

constexpr std::string_view kLineEnds = "\n\v\f\r";
constexpr std::string_view kKeyEnds = "=,{}[]\n\v\f\r";

class Scanner {
 public:
  explicit Scanner(std::string_view toml) : rest_(toml) {}

  // The number of bytes before the first dot too many, or npos.
  size_t find() {
    const char* begin = rest_.data();
    int dots = 0;
    while (!rest_.empty()) {
      const char next = rest_.front();
      if (next == '.' && ++dots == kMaxKeyParts) return static_cast<size_t>(rest_.data() - begin);
      if (kKeyEnds.find(next) != std::string_view::npos) dots = 0;
      if (next == '#') {
        skip(std::min(rest_.find_first_of(kLineEnds), rest_.size()));
      } else if (next == '"' || next == '\'') {
        skip_string(next);
      } else {
        skip(1);
      }
    }
    return std::string_view::npos;
  }

 private:
  void skip(size_t bytes) { rest_.remove_prefix(std::min(bytes, rest_.size())); }
  bool at(std::string_view word) const { return rest_.substr(0, word.size()) == word; }

  void skip_string(char quote) {
    const char triple[] = {quote, quote, quote};
    const std::string_view three(triple, 3);
    const bool multiline = at(three);
    const std::string_view end = multiline ? three : three.substr(0, 1);
    skip(end.size());
    while (!rest_.empty() && !at(end)) {
      if (!multiline && kLineEnds.find(rest_.front()) != std::string_view::npos) return;
      skip(quote == '"' && rest_.front() == '\\' ? 2 : 1);
    }
    skip(end.size());
    for (int extra = 0; multiline && extra < 2 && at(end.substr(0, 1)); ++extra)
      skip(1);  // """"two more"""""
  }

  std::string_view rest_;
};

TextPosition position_of(std::string_view before) {
  TextPosition position;
  for (const char byte : before) {
    const bool continuation = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
    if (byte == '\n') {
      position = {position.line + 1, 1};
    } else if (!continuation) {
      ++position.column;
    }
  }
  return position;
}

}  // namespace

std::optional<TextPosition> find_too_deep_key(std::string_view toml) {
  const size_t offset = Scanner(toml).find();
  if (offset == std::string_view::npos) return std::nullopt;
  return position_of(toml.substr(0, offset));
}

}  // namespace rung

#include "import/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "base/text.h"

namespace rung::imports {
namespace {

constexpr std::string_view kMagic("\x93NUMPY");
constexpr size_t kMostDimensions = 32;  // NumPy's own limit

// The dict's literal, as NumPy writes it; other spellings of the same are read as well.
class Literal {
 public:
  Literal(std::string_view text, const std::string& file, size_t offset)
      : rest_(text), begin_(text.data()), file_(file), offset_(offset) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(
        fmt::format("{}: byte {}: {}", file_, offset_ + static_cast<size_t>(rest_.data() - begin_), what));
  }

  bool take(char letter) {
    skip_space();
    if (rest_.empty() || rest_.front() != letter) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char letter) {
    if (!take(letter)) fail(fmt::format("expected '{}' in the header", letter));
  }

  std::string text() {
    skip_space();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"'))
      fail("expected a text in the header: only plain arrays of numbers are read");
    const char quote = rest_.front();
    const size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) fail("a text in the header does not end");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool truth() {
    skip_space();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    fail("expected True or False in the header");
  }

  std::vector<uint64_t> numbers() {
    std::vector<uint64_t> all;
    expect('(');
    while (!take(')')) {
      all.push_back(number());
      if (all.size() > kMostDimensions) fail(fmt::format("more than {} dimensions", kMostDimensions));
      if (!take(',') && !at(')')) fail("expected ',' or ')' in the shape");
    }
    return all;
  }

 private:
  bool at(char letter) {
    skip_space();
    return !rest_.empty() && rest_.front() == letter;
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size())); }
  uint64_t number() {
    skip_space();
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) fail("expected a number in the shape");
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    if (rest_.starts_with('L')) rest_.remove_prefix(1);  // of Python 2
    return value;
  }

  std::string_view rest_;
  const char* begin_;
  const std::string& file_;
  size_t offset_;
};

// The header's bytes after the magic word, version and length: where they begin, and how many there are.
struct Extent {
  size_t begin = 0;
  size_t size = 0;
};

Extent header_extent(std::span<const std::byte> bytes, const std::string& file) {
  const auto byte = [&](size_t at) { return std::to_integer<size_t>(bytes[at]); };
  if (bytes.size() < kMagic.size() ||
      !std::ranges::equal(bytes.first(kMagic.size()), std::as_bytes(std::span(kMagic))))
    throw DataError(fmt::format("{}: byte 0: not a .npy file", file));
  const size_t major = bytes.size() > kMagic.size() ? byte(kMagic.size()) : 0;
  const size_t begin = kMagic.size() + (major == 1 ? 4 : 6);
  if (bytes.size() < begin)
    throw DataError(fmt::format("{}: byte {}: the file ends inside its header", file, bytes.size()));
  if (major < 1 || major > 3)
    throw DataError(
        fmt::format("{}: byte {}: version {} of the format, which is not known", file, kMagic.size(), major));
  size_t size = byte(8) | byte(9) << 8;
  if (major > 1) size |= byte(10) << 16 | byte(11) << 24;
  if (size > kMostNpyHeaderBytes - begin)
    throw DataError(fmt::format("{}: byte 8: a header of {} bytes, more than the {} that are read", file,
                                size, kMostNpyHeaderBytes - begin));
  if (bytes.size() < begin + size)
    throw DataError(fmt::format("{}: byte {}: the file ends inside its header", file, bytes.size()));
  return {begin, size};
}

std::optional<NpyKind> kind_of(char letter) {
  switch (letter) {
    case 'b':
      return NpyKind::kBool;
    case 'u':
      return NpyKind::kUnsigned;
    case 'i':
      return NpyKind::kSigned;
    case 'f':
      return NpyKind::kFloat;
    case 'U':
      return NpyKind::kUtf32;
    case 'S':
      return NpyKind::kBytes;
    default:
      return std::nullopt;
  }
}

bool is_size(NpyKind kind, size_t bytes) {
  switch (kind) {
    case NpyKind::kBool:
      return bytes == 1;
    case NpyKind::kFloat:
      return bytes == 2 || bytes == 4 || bytes == 8;
    case NpyKind::kUtf32:
    case NpyKind::kBytes:
      return bytes >= 1 && bytes <= kMostNpyTextBytes;
    case NpyKind::kUnsigned:
    case NpyKind::kSigned:
      return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  }
  return false;
}

// 0 if the digits say nothing that is read. NumPy counts text in characters, of four bytes.
size_t item_bytes(NpyKind kind, std::string_view digits) {
  size_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count > kMostNpyTextBytes) return 0;
  return kind == NpyKind::kUtf32 ? 4 * count : count;
}

void set_type(NpyHeader& header, const std::string& type, const Literal& literal) {
  header.type = quotable(type);
  if (type.find('O') != std::string::npos)
    literal.fail("the values are Python objects, which are not unpickled: save a plain array of numbers");
  const std::string_view order = type.empty() ? "" : std::string_view(type).substr(0, 1);
  const auto kind = type.size() >= 3 && std::string_view("<>|=").find(order) != std::string_view::npos
                        ? kind_of(type[1])
                        : std::nullopt;
  header.item_bytes = kind ? item_bytes(*kind, std::string_view(type).substr(2)) : 0;
  if (!kind || !is_size(*kind, header.item_bytes))
    literal.fail(fmt::format("values of type {}; integers, floats, bool and text are read", header.type));
  header.kind = *kind;
  header.big_endian = order == ">";
}

void set_shape(NpyHeader& header, std::vector<uint64_t> shape, const Literal& literal) {
  uint64_t items = 1;
  for (const uint64_t extent : shape) {
    if (extent == 0) literal.fail(fmt::format("the shape {} holds nothing", shape_text(shape)));
    if (extent > kMostNpyItems / items)
      literal.fail(fmt::format("the shape {} is too large", shape_text(shape)));
    items *= extent;
  }
  header.shape = std::move(shape);
}

template <typename Unsigned>
Unsigned unsigned_at(const std::byte* from, bool big_endian) {
  Unsigned value;
  std::memcpy(&value, from, sizeof value);
  if (big_endian == (std::endian::native == std::endian::big)) return value;
  if constexpr (sizeof value == 1) return value;
  if constexpr (sizeof value == 2) return __builtin_bswap16(value);
  if constexpr (sizeof value == 4) return __builtin_bswap32(value);
  if constexpr (sizeof value == 8) return __builtin_bswap64(value);
}

// Also of what is no character: then the text is not UTF-8.
void append_utf8(std::string& text, uint32_t character) {
  const auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
  const auto more = [&](int shift) { add(0x80 | (character >> shift & 0x3F)); };
  if (character < 0x80) {
    add(character);
  } else if (character < 0x800) {
    add(0xC0 | character >> 6);
    more(0);
  } else if (character < 0x10000) {
    add(0xE0 | character >> 12);
    more(6);
    more(0);
  } else {
    add(character < 0x200000 ? 0xF0 | character >> 18 : 0xFF);
    more(12);
    more(6);
    more(0);
  }
}

// IEEE 754's binary16: every one is a double.
double half_to_double(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const double fraction = half & 1023;
  const double magnitude = exponent == 31  ? (fraction == 0 ? HUGE_VAL : NAN)
                           : exponent == 0 ? std::ldexp(fraction, -24)
                                           : std::ldexp(1024 + fraction, exponent - 25);
  return half >> 15 != 0 ? -magnitude : magnitude;
}

template <typename Unsigned>
double number_of(Unsigned bits, NpyKind kind) {
  if (kind == NpyKind::kSigned) return static_cast<double>(static_cast<std::make_signed_t<Unsigned>>(bits));
  if (kind == NpyKind::kBool) return bits != 0 ? 1 : 0;
  if (kind == NpyKind::kUnsigned) return static_cast<double>(bits);
  if constexpr (sizeof bits == 2) return half_to_double(bits);
  if constexpr (sizeof bits == 4) return std::bit_cast<float>(bits);
  if constexpr (sizeof bits == 8) return std::bit_cast<double>(bits);
  return 0;
}

template <typename Unsigned>
void decode(const NpyHeader& header, const std::byte* from, std::span<double> numbers) {
  for (double& number : numbers) {
    number = number_of(unsigned_at<Unsigned>(from, header.big_endian), header.kind);
    from += sizeof(Unsigned);
  }
}

}  // namespace

uint64_t NpyHeader::items() const {
  uint64_t items = 1;
  for (const uint64_t extent : shape) items *= extent;
  return items;
}

NpyHeader parse_npy_header(std::span<const std::byte> begin, const std::string& file) {
  const Extent extent = header_extent(begin, file);
  const std::string_view text(reinterpret_cast<const char*>(begin.data()) + extent.begin, extent.size);
  Literal literal(text, file, extent.begin);
  NpyHeader header;
  header.data_offset = extent.begin + extent.size;
  bool has_type = false;
  bool has_order = false;
  bool has_shape = false;
  literal.expect('{');
  for (bool more = !literal.take('}'); more;) {
    const std::string key = literal.text();
    literal.expect(':');
    if (key == "descr" && !has_type) {
      set_type(header, literal.text(), literal);
      has_type = true;
    } else if (key == "fortran_order" && !has_order) {
      header.fortran_order = literal.truth();
      has_order = true;
    } else if (key == "shape" && !has_shape) {
      set_shape(header, literal.numbers(), literal);
      has_shape = true;
    } else {
      literal.fail(fmt::format("the header's key {} is not known, or is there twice", quotable(key)));
    }
    const bool comma = literal.take(',');
    more = !literal.take('}');
    if (more && !comma) literal.fail("expected ',' or '}' in the header");
  }
  if (!has_type || !has_order || !has_shape) literal.fail("the header lacks descr, fortran_order or shape");
  return header;
}

void decode_npy_items(const NpyHeader& header, std::span<const std::byte> bytes, std::span<double> numbers) {
  RUNG_REQUIRE(!header.is_text());
  RUNG_REQUIRE(bytes.size() == numbers.size() * header.item_bytes);
  switch (header.item_bytes) {
    case 1:
      return decode<uint8_t>(header, bytes.data(), numbers);
    case 2:
      return decode<uint16_t>(header, bytes.data(), numbers);
    case 4:
      return decode<uint32_t>(header, bytes.data(), numbers);
    default:
      return decode<uint64_t>(header, bytes.data(), numbers);
  }
}

std::optional<std::string> decode_npy_text(const NpyHeader& header, std::span<const std::byte> item) {
  RUNG_REQUIRE(header.is_text() && item.size() == header.item_bytes);
  std::string text;
  if (header.kind == NpyKind::kBytes) {
    text.assign(reinterpret_cast<const char*>(item.data()), item.size());
  } else {
    for (size_t at = 0; at < item.size(); at += 4)
      append_utf8(text, unsigned_at<uint32_t>(item.data() + at, header.big_endian));
  }
  text.resize(text.find_last_not_of('\0') + 1);
  return is_utf8(text) ? std::optional(text) : std::nullopt;
}

std::string shape_text(std::span<const uint64_t> shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

}  // namespace rung::imports

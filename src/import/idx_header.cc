#include "import/idx_header.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"

namespace rung::imports {
namespace {

constexpr size_t kWord = 4;

unsigned byte_at(std::span<const std::byte> bytes, size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

struct Type {
  NpyKind kind;
  size_t bytes;
  const char* name;
};

Type type_of(unsigned code, const std::string& file) {
  switch (code) {
    case 0x08:
      return {NpyKind::kUnsigned, 1, "uint8"};
    case 0x09:
      return {NpyKind::kSigned, 1, "int8"};
    case 0x0B:
      return {NpyKind::kSigned, 2, "int16"};
    case 0x0C:
      return {NpyKind::kSigned, 4, "int32"};
    case 0x0D:
      return {NpyKind::kFloat, 4, "float32"};
    case 0x0E:
      return {NpyKind::kFloat, 8, "float64"};
    default:
      throw DataError(fmt::format("{}: byte 2: {:02x} is none of the format's types", file, code));
  }
}

}  // namespace

bool is_idx(std::span<const std::byte> begin) {
  return begin.size() >= kWord && byte_at(begin, 0) == 0 && byte_at(begin, 1) == 0;
}

NpyHeader parse_idx_header(std::span<const std::byte> begin, const std::string& file) {
  if (!is_idx(begin)) throw DataError(fmt::format("{}: byte 0: not an IDX file", file));
  const Type type = type_of(byte_at(begin, 2), file);
  const size_t rank = byte_at(begin, 3);
  NpyHeader header{.kind = type.kind,
                   .item_bytes = type.bytes,
                   .big_endian = true,
                   .shape = {},
                   .type = type.name,
                   .data_offset = kWord * (1 + rank)};
  if (begin.size() < header.data_offset)
    throw DataError(fmt::format("{}: byte {}: the file ends inside its header", file, begin.size()));
  uint64_t items = 1;
  for (size_t at = kWord; at < header.data_offset; at += kWord) {
    uint64_t extent = 0;
    for (size_t i = 0; i < kWord; ++i) extent = extent << 8 | byte_at(begin, at + i);
    if (extent == 0) throw DataError(fmt::format("{}: byte {}: a dimension of 0", file, at));
    if (extent > kMostNpyItems / items)
      throw DataError(
          fmt::format("{}: byte {}: the dimensions ask for more than {} values", file, at, kMostNpyItems));
    items *= extent;
    header.shape.push_back(extent);
  }
  return header;
}

}  // namespace rung::imports

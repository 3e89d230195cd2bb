// Every length is checked against the available bytes before anything is allocated.
#include "data/idx.h"

#include <fmt/format.h>

#include "base/error.h"

namespace rung::data {
namespace {

constexpr unsigned kUnsignedByteType = 0x08;
constexpr size_t kWordBytes = 4;

[[noreturn]] void fail(const std::string& file, size_t offset, const std::string& what) {
  throw DataError(fmt::format("{}: byte {}: {}", file, offset, what));
}

unsigned byte_at(std::span<const std::byte> bytes, size_t offset) {
  return std::to_integer<unsigned>(bytes[offset]);
}

uint32_t big_endian_word(std::span<const std::byte> bytes, size_t offset) {
  return byte_at(bytes, offset) << 24 | byte_at(bytes, offset + 1) << 16 | byte_at(bytes, offset + 2) << 8 |
         byte_at(bytes, offset + 3);
}

void check_header(std::span<const std::byte> bytes, const std::string& file, int rank) {
  if (bytes.size() < kWordBytes)
    fail(file, bytes.size(), "the file ends inside the 4-byte magic number of an IDX file");
  const uint32_t magic = big_endian_word(bytes, 0);
  if (magic >> 8 != kUnsignedByteType)
    fail(file, 0,
         fmt::format("expected the magic number 0000080{} of an IDX file of bytes, found {:08x}", rank,
                     magic));
  if (byte_at(bytes, 3) != static_cast<unsigned>(rank))
    fail(file, 3, fmt::format("expected {} dimension(s), found {}", rank, byte_at(bytes, 3)));
  const size_t header_bytes = kWordBytes * (1 + static_cast<size_t>(rank));
  if (bytes.size() < header_bytes)
    fail(file, bytes.size(), fmt::format("the file ends inside its {}-byte header", header_bytes));
}

}  // namespace

IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& file, int rank) {
  check_header(bytes, file, rank);
  IdxArray array;
  uint64_t expected = 1;
  for (int dim = 0; dim < rank; ++dim) {
    const size_t offset = kWordBytes * (1 + static_cast<size_t>(dim));
    const uint32_t extent = big_endian_word(bytes, offset);
    if (extent == 0) fail(file, offset, fmt::format("dimension {} is 0", dim));
    // Both factors are below 2^32 here, so the product cannot overflow.
    expected *= extent;
    if (expected > kMaxIdxBytes)
      fail(file, offset, fmt::format("dimensions ask for more than {} bytes of values", kMaxIdxBytes));
    array.dims.push_back(static_cast<int>(extent));
  }
  const auto values = bytes.subspan(kWordBytes * (1 + static_cast<size_t>(rank)));
  if (values.size() != expected)
    fail(file, bytes.size(),
         fmt::format("expected {} bytes of values after the header, found {}", expected, values.size()));
  const auto* begin = reinterpret_cast<const uint8_t*>(values.data());
  array.values.assign(begin, begin + values.size());
  return array;
}

}  // namespace rung::data

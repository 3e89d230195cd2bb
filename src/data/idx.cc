// Every length is checked against the available bytes before anything is allocated.
#include "data/idx.h"

#include <fmt/format.h>

#include <string_view>

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

// What the third byte of a magic number says about the values; empty if it is not one of the format's types.
std::string_view type_name(unsigned type) {
  switch (type) {
    case kUnsignedByteType:
      return "unsigned bytes";
    case 0x09:
      return "signed bytes";
    case 0x0B:
      return "16-bit integers";
    case 0x0C:
      return "32-bit integers";
    case 0x0D:
      return "32-bit floating-point numbers";
    case 0x0E:
      return "64-bit floating-point numbers";
    default:
      return "";
  }
}

[[noreturn]] void fail_type(const std::string& file, uint32_t magic, int rank) {
  const std::string_view found = magic >> 16 == 0 ? type_name(magic >> 8) : "";
  if (found.empty())
    fail(file, 0,
         fmt::format("expected the magic number 0000080{} of an IDX file of bytes, found {:08x}", rank,
                     magic));
  throw DataError(fmt::format("{}: byte 2: the values are {} (type {:02x}), but only unsigned bytes (08) are "
                              "read",
                              file, found, magic >> 8),
                  "scale images to 0..255, number labels from 0, and write both as uint8");
}

void check_header(std::span<const std::byte> bytes, const std::string& file, int rank) {
  if (bytes.size() < kWordBytes)
    fail(file, bytes.size(), "the file ends inside the 4-byte magic number of an IDX file");
  const uint32_t magic = big_endian_word(bytes, 0);
  if (magic >> 8 != kUnsignedByteType) fail_type(file, magic, rank);
  if (byte_at(bytes, 3) != static_cast<unsigned>(rank))
    fail(file, 3,
         fmt::format("expected {}, found {}",
                     rank == 1   ? "1 dimension (labels)"
                     : rank == 3 ? "3 dimensions (images, height, width)"
                                 : "4 dimensions (images, height, width, channels)",
                     byte_at(bytes, 3)));
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

int images_rank(std::span<const std::byte> bytes) {
  return bytes.size() >= kWordBytes && byte_at(bytes, 3) == 4 ? 4 : 3;
}

}  // namespace rung::data

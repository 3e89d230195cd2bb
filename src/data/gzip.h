// Decompression of a gzip file (RFC 1952) held in memory, by zlib, with a bound on the output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rung::data {

// Whether the bytes begin with gzip's magic number, 1f 8b.
bool is_gzip(std::span<const std::byte> bytes);

// The decompressed content of all members, one after the other; zeros after the last one are padding, as for
// gzip(1). `file` names the bytes in error messages. Throws DataError if a member is damaged or truncated, if
// anything else follows the last one, or if all members together hold more than `max_bytes`.
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& file, uint64_t max_bytes);

}  // namespace rung::data

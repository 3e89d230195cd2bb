// Decompression of a gzip file (RFC 1952) held in memory, by zlib, with a bound on the output. Left out:
// files of several concatenated gzip members; no dataset uses them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rung::data {

// Whether the bytes begin with gzip's magic number, 1f 8b.
bool is_gzip(std::span<const std::byte> bytes);

// The decompressed content. `file` names the bytes in error messages. Throws DataError if the stream is
// damaged, truncated, followed by anything else, or decompresses to more than `max_bytes`.
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& file, uint64_t max_bytes);

}  // namespace rung::data

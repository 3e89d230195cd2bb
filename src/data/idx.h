// The IDX format, in which MNIST and its relatives are distributed: a magic number 00 00 08 D, then D
// dimensions as big-endian 32-bit numbers, then the values, last dimension fastest (Y. LeCun, C. Cortes, C.
// Burges, "The MNIST database of handwritten digits"). Left out: value types other than unsigned byte (08).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rung::data {

// More than any IDX file in use (EMNIST's largest is 0.55 GB), and small enough for a laptop's memory.
inline constexpr uint64_t kMaxIdxBytes = uint64_t{1} << 30;

struct IdxArray {
  std::vector<int> dims;        // each at least 1
  std::vector<uint8_t> values;  // [dims[0], dims[1], ...]
};

// Reads an array of `rank` dimensions (3 for grey images [N,H,W], 4 for images [N,H,W,channels], 1 for labels
// [N]) from uncompressed bytes.
// `file` names them in error messages. Throws DataError, with the byte offset, if the magic number or the
// number of dimensions differs, a dimension is 0, or the length is not exactly what the dimensions need.
IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& file, int rank);

// How many dimensions a file of images has: 4 if it says so, else 3.
int images_rank(std::span<const std::byte> bytes);

}  // namespace rung::data

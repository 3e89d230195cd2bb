// NumPy's .npy format (numpy.lib.format, versions 1 to 3): a magic word, a header that is a literal of a
// Python dict with `descr`, `fortran_order` and `shape`, then the values. Left out: structured types, complex
// numbers; and objects, which only Python's pickle could read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rung::imports {

enum class NpyKind { kBool, kUnsigned, kSigned, kFloat, kUtf32, kBytes };

struct NpyHeader {
  NpyKind kind = NpyKind::kUnsigned;
  size_t item_bytes = 1;  // 1, 2, 4 or 8; of floats 2, 4 or 8; of text any up to kMostNpyTextBytes
  bool big_endian = false;
  bool fortran_order = false;   // the first index varies fastest
  std::vector<uint64_t> shape;  // its product is at most kMostNpyItems
  std::string type;             // as the file spells it, "<f4"
  size_t data_offset = 0;       // of the first value, in bytes

  uint64_t items() const;
  bool is_text() const { return kind == NpyKind::kUtf32 || kind == NpyKind::kBytes; }
};

inline constexpr uint64_t kMostNpyItems = uint64_t{1} << 36;
inline constexpr size_t kMostNpyTextBytes = 4096;
inline constexpr size_t kMostNpyHeaderBytes = 64 * 1024;

// Reads the header from a file's first bytes, which hold it if they are kMostNpyHeaderBytes or the whole
// file. `file` names it in messages. Throws DataError.
NpyHeader parse_npy_header(std::span<const std::byte> begin, const std::string& file);

// Items as numbers; integers beyond 2^53 are rounded. Preconditions: not text; bytes.size() is numbers.size()
// items.
void decode_npy_items(const NpyHeader& header, std::span<const std::byte> bytes, std::span<double> numbers);

// An item as text in UTF-8, without the zeros that fill it up; nothing if it is not UTF-32, or not UTF-8 in
// an array of bytes. Precondition: text, of item_bytes.
std::optional<std::string> decode_npy_text(const NpyHeader& header, std::span<const std::byte> item);

// "(60000, 28, 28)"
std::string shape_text(std::span<const uint64_t> shape);

}  // namespace rung::imports

// A stream that bzip2 compressed, decompressed as it comes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "import/file_tree.h"

namespace rung::imports {

// Bytes at the beginning by which a stream shows that it is bzip2's: "BZh", the size of a block, and the
// digits of pi that open the first one.
inline constexpr size_t kBzip2MagicBytes = 10;
bool is_bzip2(std::span<const std::byte> begin);

// The content of all streams one after the other, by libarchive. `place` names it in messages. Throws
// DataError, here or while reading, if the compressed bytes are damaged or cut off.
std::unique_ptr<ByteStream> make_bzip2_stream(std::unique_ptr<ByteStream> compressed, std::string place);

}  // namespace rung::imports

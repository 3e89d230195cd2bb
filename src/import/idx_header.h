// The header of IDX files of any of the format's types (data/idx.h reads those of unsigned bytes), as that of
// an array: QMNIST's labels, for example, are big-endian 32-bit integers.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "import/npy.h"

namespace rung::imports {

// Whether the bytes begin as such a file does.
bool is_idx(std::span<const std::byte> begin);

// `begin` are the file's first bytes, `file` its name for messages. Throws DataError with the byte offset.
NpyHeader parse_idx_header(std::span<const std::byte> begin, const std::string& file);

}  // namespace rung::imports

// A stream whose bytes are decompressed if they are gzip's or bzip2's, as they come.
#pragma once

#include <memory>
#include <string>

#include "import/file_tree.h"

namespace rung::imports {

// `stream` itself, or its decompressed content, all members or streams one after the other. `place` names it
// in messages. Throws DataError, here or while reading, if the compressed bytes are damaged or cut off.
std::unique_ptr<ByteStream> decompressed(std::unique_ptr<ByteStream> stream, const std::string& place);

}  // namespace rung::imports

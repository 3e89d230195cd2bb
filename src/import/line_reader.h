// Text that is too long to be held at once, in pieces of whole lines.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "import/file_tree.h"

namespace rung::imports {

class LineReader {
 public:
  // `place` names the stream in messages.
  LineReader(std::unique_ptr<ByteStream> stream, std::string place);

  // Some lines, the last of the stream perhaps without its end; empty when there are no more. Valid until the
  // next call. A byte order mark at the beginning is left out. Throws DataError if a line is too long to be
  // one.
  std::string_view next();

 private:
  std::unique_ptr<ByteStream> stream_;
  std::string place_;
  std::string buffer_;
  size_t given_ = 0;
  bool first_ = true;
};

}  // namespace rung::imports

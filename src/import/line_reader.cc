#include "import/line_reader.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "base/error.h"

namespace rung::imports {
namespace {

constexpr size_t kPieceBytes = 8 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteStream> stream, std::string place)
    : stream_(std::move(stream)), place_(std::move(place)) {}

std::string_view LineReader::next() {
  buffer_.erase(0, given_);
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kPieceBytes);
  const size_t got = stream_->read(std::as_writable_bytes(std::span(buffer_).subspan(kept)));
  const bool ended = got < kPieceBytes;
  buffer_.resize(kept + got);
  if (first_ && buffer_.starts_with(kByteOrderMark)) buffer_.erase(0, kByteOrderMark.size());
  first_ = false;
  const size_t end = ended ? buffer_.size() : buffer_.rfind('\n') + 1;
  if (end == 0 && !ended)
    throw DataError(fmt::format("{}: a line has more than {} bytes", place_, kPieceBytes));
  given_ = end;
  return std::string_view(buffer_).substr(0, end);
}

}  // namespace rung::imports

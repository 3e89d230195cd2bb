#include "import/decompressed.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/gzip.h"
#include "import/bzip2_stream.h"

namespace rung::imports {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window; 16 asks zlib for the gzip wrapper only
constexpr size_t kInputBytes = 64 * 1024;

// A stream of which some bytes have been read already.
class Replayed final : public ByteStream {
 public:
  Replayed(std::vector<std::byte> begin, std::unique_ptr<ByteStream> rest)
      : begin_(std::move(begin)), rest_(std::move(rest)) {}

  size_t read(std::span<std::byte> bytes) override {
    const size_t again = std::min(bytes.size(), begin_.size() - replayed_);
    std::copy_n(begin_.begin() + static_cast<ptrdiff_t>(replayed_), again, bytes.begin());
    replayed_ += again;
    return again == bytes.size() ? again : again + rest_->read(bytes.subspan(again));
  }

 private:
  std::vector<std::byte> begin_;
  size_t replayed_ = 0;
  std::unique_ptr<ByteStream> rest_;
};

class Gunzipped final : public ByteStream {
 public:
  Gunzipped(std::unique_ptr<ByteStream> input, std::string place)
      : input_(std::move(input)), place_(std::move(place)), buffer_(kInputBytes) {
    if (inflateInit2(&stream_, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
  }
  ~Gunzipped() override { inflateEnd(&stream_); }
  Gunzipped(const Gunzipped&) = delete;
  Gunzipped& operator=(const Gunzipped&) = delete;

  size_t read(std::span<std::byte> bytes) override {
    constexpr size_t kMost = size_t{1} << 30;
    size_t filled = 0;
    while (filled < bytes.size() && !ended_) {
      const size_t room = std::min(bytes.size() - filled, kMost);
      stream_.next_out = reinterpret_cast<Bytef*>(bytes.data() + filled);
      stream_.avail_out = static_cast<uInt>(room);
      inflate_some();
      filled += room - stream_.avail_out;
    }
    return filled;
  }

 private:
  void inflate_some() {
    if (stream_.avail_in == 0) refill();
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) return end_member();
    if (result == Z_BUF_ERROR && stream_.avail_in == 0 && !input_ended_) return;
    if (result == Z_BUF_ERROR) throw DataError(fmt::format("{}: the gzip stream ends too early", place_));
    if (result != Z_OK) throw DataError(fmt::format("{}: the gzip stream is damaged", place_));
  }

  void refill() {
    const size_t got = input_->read(buffer_);
    input_ended_ = got < buffer_.size();
    stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_in = static_cast<uInt>(got);
  }

  // Another member may follow; zeros after the last one are padding.
  void end_member() {
    while (true) {
      while (stream_.avail_in > 0 && *stream_.next_in == 0) {
        ++stream_.next_in;
        --stream_.avail_in;
      }
      if (stream_.avail_in > 0) break;
      if (input_ended_) return static_cast<void>(ended_ = true);
      refill();
    }
    inflateReset(&stream_);
  }

  std::unique_ptr<ByteStream> input_;
  std::string place_;
  std::vector<std::byte> buffer_;
  z_stream stream_{};
  bool input_ended_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> decompressed(std::unique_ptr<ByteStream> stream, const std::string& place) {
  std::vector<std::byte> begin(kBzip2MagicBytes);  // more than gzip's
  begin.resize(stream->read(begin));
  const bool gzip = data::is_gzip(begin);
  const bool bzip2 = is_bzip2(begin);
  auto whole = std::make_unique<Replayed>(std::move(begin), std::move(stream));
  if (gzip) return std::make_unique<Gunzipped>(std::move(whole), place);
  if (bzip2) return make_bzip2_stream(std::move(whole), place);
  return whole;
}

}  // namespace rung::imports

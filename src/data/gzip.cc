// The size that a gzip file states is not trusted: the output grows as needed, up to the bound.
#include "data/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "base/error.h"

namespace rung::data {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window; 16 asks zlib for the gzip wrapper only
constexpr uint64_t kFirstOutputBytes = 64 * 1024;

// Owns zlib's state.
class Inflater {
 public:
  explicit Inflater(std::span<const std::byte> input) : input_(input) {
    if (inflateInit2(&stream_, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Decompresses into `output` until it is full, the input is used up or the stream ends; zlib's return code.
  int inflate_into(std::span<std::byte> output) {
    const size_t input_chunk = std::min<size_t>(input_.size() - consumed_, std::numeric_limits<uInt>::max());
    const size_t output_chunk = std::min<size_t>(output.size(), std::numeric_limits<uInt>::max());
    // zlib's interface lacks the const; it does not write to its input.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input_.data() + consumed_));
    stream_.avail_in = static_cast<uInt>(input_chunk);
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = static_cast<uInt>(output_chunk);
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    consumed_ += input_chunk - stream_.avail_in;
    produced_ += output_chunk - stream_.avail_out;
    return result;
  }

  // After the end of a member: expects another.
  void begin_member() { inflateReset(&stream_); }

  std::span<const std::byte> rest() const { return input_.subspan(consumed_); }
  size_t consumed() const { return consumed_; }
  size_t produced() const { return produced_; }

 private:
  std::span<const std::byte> input_;
  z_stream stream_{};
  size_t consumed_ = 0;
  size_t produced_ = 0;
};

// Decompresses one member to the end of what `output` holds so far.
void inflate_member(Inflater& inflater, std::vector<std::byte>& output, const std::string& file,
                    uint64_t max_bytes) {
  int result = Z_OK;
  while (result == Z_OK) {
    // One byte more than allowed may come out; that shows that a stream is too large.
    if (inflater.produced() == output.size()) output.resize(std::min(max_bytes + 1, output.size() * 2));
    result = inflater.inflate_into(std::span(output).subspan(inflater.produced()));
    if (inflater.produced() > max_bytes)
      throw DataError(fmt::format("{}: byte {}: decompresses to more than the {} bytes it may hold", file,
                                  inflater.consumed(), max_bytes));
  }
  if (result == Z_BUF_ERROR)
    throw DataError(fmt::format("{}: byte {}: the gzip stream ends too early", file,
                                inflater.consumed() + inflater.rest().size()));
  if (result != Z_STREAM_END)
    throw DataError(fmt::format("{}: byte {}: the gzip stream is damaged", file, inflater.consumed()));
}

// Whether another member follows; one that is cut off after its first byte counts.
bool has_member(std::span<const std::byte> rest) {
  return is_gzip(rest) || (rest.size() == 1 && rest[0] == std::byte{0x1f});
}

bool is_padding(std::span<const std::byte> rest) {
  return std::ranges::all_of(rest, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& file, uint64_t max_bytes) {
  Inflater inflater(bytes);
  std::vector<std::byte> output(std::min(max_bytes + 1, kFirstOutputBytes));
  inflate_member(inflater, output, file, max_bytes);
  while (has_member(inflater.rest())) {
    inflater.begin_member();
    inflate_member(inflater, output, file, max_bytes);
  }
  if (!is_padding(inflater.rest()))
    throw DataError(fmt::format("{}: byte {}: {} bytes follow the end of the gzip stream", file,
                                inflater.consumed(), inflater.rest().size()));
  output.resize(inflater.produced());
  return output;
}

}  // namespace rung::data

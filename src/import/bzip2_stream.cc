#include "import/bzip2_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "import/libarchive.h"

namespace rung::imports {
namespace {

constexpr size_t kInputBytes = 64 * 1024;

class Bunzipped final : public ByteStream {
 public:
  Bunzipped(std::unique_ptr<ByteStream> input, std::string place)
      : input_(std::move(input)), place_(std::move(place)), buffer_(kInputBytes) {
    libarchive().support_bzip2(reader_.get());
    libarchive().support_raw(reader_.get());
    archive_entry* entry = nullptr;
    if (libarchive().open(reader_.get(), this, nullptr, &Bunzipped::refill, nullptr) != ARCHIVE_OK) fail();
    const int result = libarchive().next_header(reader_.get(), &entry);
    ended_ = result == ARCHIVE_EOF;
    if (!ended_ && result != ARCHIVE_OK) fail();
  }
  Bunzipped(const Bunzipped&) = delete;
  Bunzipped& operator=(const Bunzipped&) = delete;

  size_t read(std::span<std::byte> bytes) override {
    size_t filled = 0;
    while (filled < bytes.size() && !ended_) {
      const la_ssize_t got =
          libarchive().read_data(reader_.get(), bytes.data() + filled, bytes.size() - filled);
      if (got < 0) fail();
      ended_ = got == 0;
      filled += static_cast<size_t>(got);
    }
    return filled;
  }

 private:
  // Exceptions must not cross libarchive's C frames.
  static la_ssize_t refill(archive* reader, void* self, const void** bytes) {
    auto& stream = *static_cast<Bunzipped*>(self);
    try {
      *bytes = stream.buffer_.data();
      return static_cast<la_ssize_t>(stream.input_->read(stream.buffer_));
    } catch (...) {
      stream.error_ = std::current_exception();
      libarchive().set_error(reader, -1, "the file cannot be read");
      return -1;
    }
  }

  [[noreturn]] void fail() const {
    if (error_) std::rethrow_exception(error_);
    const char* text = libarchive().error_string(reader_.get());
    throw DataError(fmt::format("{}: the bzip2 stream is damaged or cut off{}", place_,
                                text != nullptr ? fmt::format(": {}", printable(text)) : ""));
  }

  std::unique_ptr<ByteStream> input_;
  std::string place_;
  std::vector<std::byte> buffer_;
  std::exception_ptr error_;
  bool ended_ = false;
  ArchiveReader reader_ = new_archive_reader();
};

}  // namespace

bool is_bzip2(std::span<const std::byte> begin) {
  constexpr std::string_view kSignature = "BZh";
  constexpr std::string_view kBlock = "\x31\x41\x59\x26\x53\x59";
  if (begin.size() < kBzip2MagicBytes) return false;
  const std::string_view text(reinterpret_cast<const char*>(begin.data()), kBzip2MagicBytes);
  return text.starts_with(kSignature) && text[3] >= '1' && text[3] <= '9' && text.ends_with(kBlock);
}

std::unique_ptr<ByteStream> make_bzip2_stream(std::unique_ptr<ByteStream> compressed, std::string place) {
  return std::make_unique<Bunzipped>(std::move(compressed), std::move(place));
}

}  // namespace rung::imports

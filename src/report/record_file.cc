#include "report/record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/crc32c.h"
#include "base/file.h"

namespace rung::report {
namespace {

constexpr uint32_t kMask = 0xA282EAD8;

template <typename Unsigned>
std::string little_endian(Unsigned number) {
  std::string bytes;
  for (size_t byte = 0; byte < sizeof(number); ++byte)
    bytes += static_cast<char>(number >> (8 * byte) & 0xFF);
  return bytes;
}

}  // namespace

uint32_t masked_crc32c(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + kMask;
}

std::string framed(std::string_view record) {
  const std::string length = little_endian<uint64_t>(record.size());
  std::string frame = length + little_endian(masked_crc32c(length));
  frame += record;
  return frame + little_endian(masked_crc32c(record));
}

RecordFile::RecordFile(std::filesystem::path path)
    : path_(std::move(path)),
      descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw_cannot_write(path_, errno);
}

RecordFile::~RecordFile() {
  ::close(descriptor_);
  if (size_ == 0) ::unlink(path_.c_str());
}

void RecordFile::sync() {
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) throw_cannot_write(path_, errno);
}

void RecordFile::append(std::string_view record) {
  const std::string frame = framed(record);
  std::string_view left = frame;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      [[maybe_unused]] const bool undone =
          ::ftruncate(descriptor_, size_) == 0 && ::lseek(descriptor_, size_, SEEK_SET) == size_;
      throw_cannot_write(path_, error);
    }
    left.remove_prefix(static_cast<size_t>(written));
  }
  size_ += static_cast<int64_t>(frame.size());
}

}  // namespace rung::report

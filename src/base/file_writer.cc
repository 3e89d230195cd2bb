#include "base/file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"

namespace rung {

FileWriter::FileWriter(std::filesystem::path path)
    : path_(std::move(path)),
      descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw_cannot_write(path_, errno);
}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_cannot_write(path_, errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void FileWriter::finish() {
  if (::fsync(descriptor_) != 0) throw_cannot_write(path_, errno);
  if (::close(std::exchange(descriptor_, -1)) != 0) throw_cannot_write(path_, errno);
}

}  // namespace rung

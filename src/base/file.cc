#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/error.h"

namespace rung {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int close() {
    const int result = ::close(fd_);
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

// A rename is durable only once its folder is synced; a file system that cannot do so still has the rename.
void sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

template <typename Container>
Container read_whole(const std::filesystem::path& path, uint64_t max_bytes) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) throw IoError(fmt::format("cannot read {}: {}", path.string(), reason(errno)));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode))
    throw IoError(fmt::format("cannot read {}: not a regular file", path.string()));
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > max_bytes)
    throw DataError(fmt::format("{}: {} bytes, more than the {} that such a file may have", path.string(),
                                size, max_bytes));
  Container content(size, {});
  size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(descriptor.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError(fmt::format("cannot read {}: {}", path.string(), reason(errno)));
    if (got == 0) break;  // it shrank meanwhile
    filled += static_cast<size_t>(got);
  }
  content.resize(filled);
  return content;
}

}  // namespace

std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  return read_whole<std::vector<std::byte>>(path, max_bytes);
}

std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes) {
  return read_whole<std::string>(path, max_bytes);
}

void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::string temporary = fmt::format("{}/.{}.XXXXXX", folder.string(), path.filename().string());
  Descriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));
  if (descriptor.get() < 0) throw IoError(fmt::format("cannot write {}: {}", path.string(), reason(errno)));
  const bool written = write_all(descriptor.get(), bytes) && ::fchmod(descriptor.get(), 0644) == 0 &&
                       ::fsync(descriptor.get()) == 0 && descriptor.close() == 0 &&
                       ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw IoError(fmt::format("cannot write {}: {}", path.string(), reason(error)));
  }
  sync_folder(folder);
}

void replace_file(const std::filesystem::path& path, std::string_view text) {
  replace_file(path, std::as_bytes(std::span(text)));
}

void make_writable_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw IoError(fmt::format("cannot create the folder {}: {}", path.string(), error.message()));
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    throw IoError(fmt::format("cannot write to the folder {}: {}", path.string(), reason(errno)));
}

}  // namespace rung

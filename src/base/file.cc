#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace rung {

std::string reason(int error) {
  return std::generic_category().message(error);
}

namespace {

// To its user, an exhausted quota is a full disk.
bool is_no_space(int error) {
  return error == ENOSPC || error == EDQUOT;
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

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// A name is durable only once its folder is synced. Some file systems cannot sync folders, and a writable
// folder need not be readable.
void sync_folder_of(const std::filesystem::path& path) {
  const Descriptor descriptor(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || ::fsync(descriptor.get()) == 0 || errno == EINVAL || errno == ENOTSUP) return;
  throw_cannot_write(path, errno);
}

// A temporary file for `path` is called .<its name>.<process>-<number>.tmp
constexpr std::string_view kTemporaryEnd = ".tmp";

std::string temporary_start(const std::filesystem::path& path) {
  return "." + path.filename().string() + ".";
}

struct Temporary {
  std::filesystem::path path;
  Descriptor descriptor;
};

// A new file that nobody else uses. On failure the descriptor is negative and errno is set.
Temporary create_temporary(const std::filesystem::path& path) {
  for (int number = 0;; ++number) {
    auto temporary =
        folder_of(path) / fmt::format("{}{}-{}{}", temporary_start(path), ::getpid(), number, kTemporaryEnd);
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EEXIST) return {std::move(temporary), Descriptor(descriptor)};
  }
}

template <typename Container>
Container read_whole(const std::filesystem::path& path, uint64_t max_bytes) {
  // (Opening a pipe would wait for its writer.)
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
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
    if (got == 0) break;  // the file shrank meanwhile
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

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::none)
    throw IoError(fmt::format("cannot look at {}: {}", path.string(), error.message()));
  return std::filesystem::exists(status);
}

void throw_cannot_write(const std::filesystem::path& path, int error) {
  const std::string message = fmt::format("cannot write {}: {}", path.string(), reason(error));
  if (is_no_space(error)) throw NoSpaceError(message);
  throw IoError(message);
}

void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes, Sync sync) {
  auto [temporary, descriptor] = create_temporary(path);
  if (descriptor.get() < 0) throw_cannot_write(path, errno);
  const bool written = write_all(descriptor.get(), bytes) &&
                       (sync == Sync::kNone || ::fsync(descriptor.get()) == 0) && descriptor.close() == 0 &&
                       ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw_cannot_write(path, error);
  }
  if (sync == Sync::kWait) sync_folder_of(path);
}

void replace_file(const std::filesystem::path& path, std::string_view text, Sync sync) {
  replace_file(path, std::as_bytes(std::span(text)), sync);
}

bool append_to_file(const std::filesystem::path& path, uint64_t size, std::string_view text) {
  // (Opening a pipe would wait for its reader.)
  const Descriptor descriptor(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_nlink != 1 || static_cast<uint64_t>(status.st_size) != size)
    return false;
  if (write_all(descriptor.get(), std::as_bytes(std::span(text))) && ::fdatasync(descriptor.get()) == 0)
    return true;
  const int error = errno;
  [[maybe_unused]] const bool undone = ::ftruncate(descriptor.get(), status.st_size) == 0;
  throw_cannot_write(path, error);
}

void write_output(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);  // follows links
  if (std::filesystem::is_regular_file(status)) {
    const auto target = std::filesystem::canonical(path, error);
    return replace_file(error ? path : target, bytes);
  }
  const bool is_new = !std::filesystem::exists(status) && !std::filesystem::is_symlink(path, error);
  if (is_new || std::filesystem::is_directory(status)) return replace_file(path, bytes);
  // A device, a pipe, or a link whose target does not exist yet.
  Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (descriptor.get() < 0 || !write_all(descriptor.get(), bytes) || descriptor.close() != 0)
    throw_cannot_write(path, errno);
}

void write_output(const std::filesystem::path& path, std::string_view text) {
  write_output(path, std::as_bytes(std::span(text)));
}

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder, std::error_code& error) {
  std::vector<std::filesystem::path> entries;
  for (std::filesystem::directory_iterator at(folder, error); !error && at != end(at); at.increment(error))
    entries.push_back(at->path());
  return entries;
}

void remove_leftovers_of(const std::filesystem::path& path) {
  const std::string start = temporary_start(path);
  std::error_code ignored;
  for (const auto& entry : entries_of(folder_of(path), ignored)) {
    const std::string name = entry.filename().string();
    if (name.starts_with(start) && name.ends_with(kTemporaryEnd)) ::unlink(entry.c_str());
  }
}

void keep_as(const std::filesystem::path& path, const std::filesystem::path& other) {
  const auto link = folder_of(other) / (temporary_start(other) + "link" + std::string(kTemporaryEnd));
  ::unlink(link.c_str());
  const bool linked = ::link(path.c_str(), link.c_str()) == 0;
  if (!linked && errno == ENOENT) return;
  if (!linked && errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK)
    throw_cannot_write(other, errno);
  // On a file system without hard links the file has, for a moment, only its other name.
  const bool renamed = ::rename(linked ? link.c_str() : path.c_str(), other.c_str()) == 0;
  const int error = errno;
  if (linked) ::unlink(link.c_str());  // still there if `other` was the same file before
  if (!renamed) throw_cannot_write(other, error);
}

void make_writable_folder(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> missing;
  std::error_code error;
  for (auto folder = path; !folder.empty() && !std::filesystem::exists(folder, error);
       folder = folder.parent_path())
    missing.push_back(folder);
  std::filesystem::create_directories(path, error);
  if (error) {
    const std::string message =
        fmt::format("cannot create the folder {}: {}", path.string(), error.message());
    if (is_no_space(error.value())) throw NoSpaceError(message);
    throw IoError(message);
  }
  for (const auto& folder : missing) sync_folder_of(folder);
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    throw IoError(fmt::format("cannot write to the folder {}: {}", path.string(), reason(errno)));
}

}  // namespace rung

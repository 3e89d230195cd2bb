#include "fetch/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace rung::fetch {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostOriginBytes = 64 * 1024;

fs::path with(const fs::path& path, const char* ending) {
  return path.string() + ending;
}

// The text up to the end of its first line, which is dropped.
std::string take_line(std::string& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string line = text.substr(0, end);
  text.erase(0, end + 1);
  return line;
}

}  // namespace

PartFile::PartFile(const fs::path& path)
    : path_(path),
      part_(with(path, ".part")),
      origin_file_(with(path, ".part.origin")),
      descriptor_(::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666)) {
  if (descriptor_ < 0) throw_cannot_write(part_, errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    throw IoError(fmt::format("another process is writing {}", quotable(part_.string())),
                  "wait until it has ended");
  }
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  size_ = end > 0 ? static_cast<uint64_t>(end) : 0;
  if (size_ > 0) read_origin();
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (size_ == 0) remove();
  ::close(descriptor_);
}

// Whatever it says is only used to ask a server, which may say otherwise.
void PartFile::read_origin() {
  try {
    std::string text = read_text_file(origin_file_, kMostOriginBytes);
    Origin found;
    found.url = take_line(text);
    found.validator = take_line(text);
    const std::string size = take_line(text);
    std::from_chars(size.data(), size.data() + size.size(), found.size);
    if (!has_control(found.url) && !has_control(found.validator)) origin_ = found;
  } catch (const Error&) {  // then nobody knows
  }
}

void PartFile::remove() {
  std::error_code ignored;
  fs::remove(part_, ignored);
  fs::remove(origin_file_, ignored);
}

void PartFile::restart(const Origin& origin) {
  if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0)
    throw_cannot_write(part_, errno);
  size_ = 0;
  origin_ = origin;
  replace_file(origin_file_, fmt::format("{}\n{}\n{}\n", origin.url, origin.validator, origin.size),
               Sync::kNone);
}

void PartFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_cannot_write(part_, errno);
    size_ += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void PartFile::complete() {
  if (::fsync(descriptor_) != 0) throw_cannot_write(part_, errno);
  std::error_code error;
  fs::rename(part_, path_, error);
  if (error) throw IoError(fmt::format("cannot create {}: {}", quotable(path_.string()), error.message()));
  ::close(std::exchange(descriptor_, -1));
  fs::remove(origin_file_, error);
}

}  // namespace rung::fetch

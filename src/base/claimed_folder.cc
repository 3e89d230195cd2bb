#include "base/claimed_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace rung {
namespace {

constexpr const char* kLockFile = ".lock";

// A process that asks whether a folder is claimed also holds its lock, for microseconds. Only a process that
// holds it longer than this has claimed it.
constexpr int kTries = 20;
constexpr std::chrono::milliseconds kBetweenTries{5};

// The previous holder may have removed the file after we opened it and before we locked it.
bool is_still_at(int descriptor, const std::filesystem::path& file) {
  struct stat open {};
  struct stat named {};
  return ::fstat(descriptor, &open) == 0 && ::stat(file.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

// A descriptor of the file, locked if the file system supports it.
int open_and_lock(const std::filesystem::path& file) {
  for (int tries = 1;; ++tries) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) throw_cannot_write(file, errno);
    const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    if (!locked && errno != EWOULDBLOCK) return descriptor;
    if (locked && is_still_at(descriptor, file)) return descriptor;
    ::close(descriptor);
    if (locked) continue;
    if (tries >= kTries)
      throw UsageError(fmt::format("another process is writing to {}", file.parent_path().string()),
                       "wait until it ends, or use another folder");
    std::this_thread::sleep_for(kBetweenTries);
  }
}

}  // namespace

bool is_claimed(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / kLockFile).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return errno != ENOENT && errno != ENOTDIR;
  const bool is_free = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  ::close(descriptor);
  return !is_free;
}

FolderLock::FolderLock(const std::filesystem::path& folder)
    : file_(folder / kLockFile), descriptor_(open_and_lock(file_)) {}

FolderLock::~FolderLock() {
  ::unlink(file_.c_str());  // while it is locked, and so ours
  ::close(descriptor_);
}

ClaimedFolder::Missing::Missing(std::filesystem::path path) {
  std::error_code ignored;
  for (; !path.empty() && !std::filesystem::exists(path, ignored); path = path.parent_path())
    folders_.push_back(path);
}

ClaimedFolder::Missing::~Missing() {
  std::error_code ignored;
  for (const auto& folder : folders_) std::filesystem::remove(folder, ignored);  // only if empty
}

ClaimedFolder::ClaimedFolder(const std::filesystem::path& path) : missing_(path) {
  make_writable_folder(path);
  lock_.emplace(path);
}

}  // namespace rung

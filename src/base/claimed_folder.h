// A folder that one process writes to.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace rung {

// Holds a folder's lock for its lifetime. The system releases the lock when a process ends, however it ends;
// a leftover file `.lock` locks nothing. On a file system without locks, nothing is locked.
class FolderLock {
 public:
  // Throws UsageError if another process holds the lock, IoError if the file `.lock` cannot be created.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_;
};

// Whether a process holds the folder's lock now. Needs only read permission. Where locks do not work, whether
// the file `.lock` exists.
bool is_claimed(const std::filesystem::path& folder);

// A folder to write to: created if missing, and locked. At the end it removes the folders that it created if
// they are empty.
class ClaimedFolder {
 public:
  // Throws UsageError if another process has claimed it, IoError if it cannot be created or written to.
  explicit ClaimedFolder(const std::filesystem::path& path);

 private:
  // The folders that were missing, deepest first.
  class Missing {
   public:
    explicit Missing(std::filesystem::path path);
    ~Missing();
    Missing(const Missing&) = delete;
    Missing& operator=(const Missing&) = delete;

   private:
    std::vector<std::filesystem::path> folders_;
  };

  Missing missing_;
  std::optional<FolderLock> lock_;
};

}  // namespace rung

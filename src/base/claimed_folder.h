// A folder that one process writes to.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace rung {

// Holds a folder's lock for as long as it lives. The system lifts the lock of a process that ends, however it
// ends; the file `.lock` that such a process leaves locks nothing. A file system that has no locks is used
// without.
class FolderLock {
 public:
  // Throws UsageError if another process holds the lock, IoError if the file `.lock` cannot be made.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_;
};

// Whether a process holds the folder's lock at this moment. Reading is enough to ask. Where locks cannot be
// asked for, whether the file `.lock` is there.
bool is_claimed(const std::filesystem::path& folder);

// A folder to write to: created where it is not there, and locked. Folders that it created and that are empty
// in the end are removed again.
class ClaimedFolder {
 public:
  // Throws UsageError if another process has claimed it, IoError if it cannot be created or written to.
  explicit ClaimedFolder(const std::filesystem::path& path);

 private:
  // Folders that were missing, the deepest first.
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

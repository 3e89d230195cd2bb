// A folder that a process creates for itself, so that several processes that start together get one each.
#pragma once

#include <filesystem>
#include <vector>

namespace rung {

// NAME for the number 1, then NAME-2, NAME-3, ...
std::filesystem::path numbered(const std::filesystem::path& name, int number);

// The first of numbered() that does not exist, created. At the end it is removed if empty, and so are the
// parents that were missing.
class NewFolder {
 public:
  // Throws IoError if no folder can be created there.
  explicit NewFolder(const std::filesystem::path& name);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::vector<std::filesystem::path> missing_;  // parents, deepest first
  std::filesystem::path path_;
};

}  // namespace rung

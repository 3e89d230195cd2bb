// A folder for files that are needed for a while.
#pragma once

#include <filesystem>
#include <string_view>

namespace rung {

// A new empty folder ".<name>.XXXXXX" in `parent`, removed with its content when this goes out of scope.
class ScratchFolder {
 public:
  // Throws IoError.
  ScratchFolder(const std::filesystem::path& parent, std::string_view name);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace rung

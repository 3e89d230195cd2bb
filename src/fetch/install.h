// Puts a dataset's four files in place all at once, so that a partial set never appears.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

#include "data/registry.h"

namespace rung::fetch {

// The four files, uncompressed, in the order of data::DatasetFile.
using FileContents = std::array<std::vector<std::byte>, data::kDatasetFileCount>;

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

// Writes the files beside `folder`, syncs them and renames; `folder` may exist if it holds only (damaged or
// compressed) copies of the four files, which are then replaced. Throws IoError and leaves `folder` as it
// was.
void install_files(const FileContents& contents, const std::filesystem::path& folder);

}  // namespace rung::fetch

// Files that must lie on the disk by themselves: those in an archive are copied there for a while.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/scratch_folder.h"
#include "import/file_tree.h"
#include "import/options.h"

namespace rung::imports {

// A folder beside the new dataset's, on a disk that has room for it.
std::unique_ptr<ScratchFolder> make_scratch(const Options& options);

class DiskCopies {
 public:
  // `options` must outlive this.
  explicit DiskCopies(const Options& options) : options_(options) {}

  // The file itself, or its copy, which is there as long as this is. A copy's name has the file's ending.
  // Throws IoError, DataError.
  std::filesystem::path on_disk(const FileTree& tree, size_t file);

 private:
  const Options& options_;
  std::unique_ptr<ScratchFolder> folder_;  // null until it is needed
  int copies_ = 0;
};

}  // namespace rung::imports

// Files that lie on the disk.
#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "import/file_tree.h"

namespace rung::imports {

// The content of one folder, or several folders and files, each under its own name. Litter is skipped, and so
// are folders that are symbolic links. Throws IoError if one of them cannot be read.
std::unique_ptr<FileTree> make_disk_tree(std::span<const std::filesystem::path> sources);

}  // namespace rung::imports

// Files that are pieces of files on the disk: what another program wrote for Rung to read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "import/file_tree.h"

namespace rung::imports {

struct Piece {
  std::string path;      // in the tree
  std::string place;     // what messages call it
  size_t container = 0;  // which of the files on the disk
  uint64_t offset = 0;   // bytes
  uint64_t size = 0;
};

// The pieces keep their order. Reading throws IoError if a container cannot be opened, or is too short.
std::unique_ptr<FileTree> make_piece_tree(std::vector<std::filesystem::path> containers,
                                          std::vector<Piece> pieces);

}  // namespace rung::imports

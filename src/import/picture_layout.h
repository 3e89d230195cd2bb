// Which of a source's files are pictures, of which class, and of which split. Reads nothing but the paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "import/file_tree.h"

namespace rung::imports {

struct Picture {
  size_t file = 0;     // in the tree
  uint32_t label = 0;  // in PictureLayout::classes
  bool is_test = false;
};

struct PictureLayout {
  std::vector<Picture> pictures;     // in the order of the files
  std::vector<std::string> classes;  // in natural order
  std::vector<std::string> steps;    // what was passed over or put together
};

// Throws DataError if a picture is in no class folder, a class folder holds no picture, or there are fewer
// than two classes.
PictureLayout picture_layout(const FileTree& tree);

}  // namespace rung::imports

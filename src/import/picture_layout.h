// Which of a source's files are pictures, of which class, and of which split. Reads nothing but the paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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

// What is said of validation pictures, which no recipe takes from a file of their own.
inline constexpr std::string_view kValidationTrains = "The validation pictures became training images.";
inline constexpr std::string_view kValidationTests = "The validation pictures became the test images.";

// Throws DataError if a picture is in no class folder, a class folder holds no picture, or there are fewer
// than two classes.
PictureLayout picture_layout(const FileTree& tree);

}  // namespace rung::imports

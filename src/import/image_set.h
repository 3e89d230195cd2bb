// The images of a source, before they are written as a dataset. Legend: N images, H rows, W columns, C
// channels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rung::imports {

// All images lie in one array, and lists say which of them train and which test: a split, or a choice of
// classes, copies no pixels.
struct ImageSet {
  int count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;
  std::vector<uint8_t> pixels;       // [N,H,W,C]
  std::vector<uint32_t> labels;      // [N], each an index of `classes`
  std::vector<std::string> classes;  // names; the order of the result is found later
  bool keep_class_order = false;     // that of `classes`, as the source publishes it
  bool is_transposed = false;        // rows and columns are exchanged, as in EMNIST's files
  std::vector<uint32_t> train;       // indices of images, in the order in which they are written
  std::vector<uint32_t> test;        // none if the source has no test images
  std::vector<std::string> steps;    // what was done to the images, in sentences

  size_t image_bytes() const {
    return static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(channels);
  }
};

// What is said of images that were in colour.
inline constexpr std::string_view kBecameGrey =
    "became grey: 0.299 red + 0.587 green + 0.114 blue, as Pillow's convert(\"L\").";

// More than any set of small images in use, and small enough for a laptop's memory.
inline constexpr uint64_t kMostPixelBytes = uint64_t{4} << 30;
inline constexpr int kMostImages = 50'000'000;

}  // namespace rung::imports

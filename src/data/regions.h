// The connected parts of a mask.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rung::data {

struct Region {
  int area = 0;  // pixels
  bool reaches_border = false;
};

struct Regions {
  std::vector<int> labels;      // [height,width]: the pixel's region, or -1
  std::vector<Region> regions;  // in the order of their first pixels
};

// Of the pixels that are not 0; neighbours touch at a side or a corner.
Regions regions_of(std::span<const uint8_t> mask, int height, int width);

}  // namespace rung::data

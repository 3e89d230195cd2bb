#include "data/regions.h"

#include <cstddef>

#include "base/require.h"

namespace rung::data {
namespace {

// Gives the region of the pixel at `start` this label.
Region fill(std::span<const uint8_t> mask, int height, int width, int start, int label,
            std::vector<int>& labels) {
  Region region;
  std::vector<int> waiting = {start};
  labels[static_cast<size_t>(start)] = label;
  while (!waiting.empty()) {
    const int row = waiting.back() / width;
    const int column = waiting.back() % width;
    waiting.pop_back();
    ++region.area;
    for (int y = row - 1; y <= row + 1; ++y) {
      for (int x = column - 1; x <= column + 1; ++x) {
        const bool outside = y < 0 || y >= height || x < 0 || x >= width;
        region.reaches_border |= outside;
        if (outside) continue;
        const int at = y * width + x;
        if (mask[static_cast<size_t>(at)] == 0 || labels[static_cast<size_t>(at)] >= 0) continue;
        labels[static_cast<size_t>(at)] = label;
        waiting.push_back(at);
      }
    }
  }
  return region;
}

}  // namespace

Regions regions_of(std::span<const uint8_t> mask, int height, int width) {
  RUNG_REQUIRE(mask.size() == static_cast<size_t>(height) * static_cast<size_t>(width));
  Regions result;
  result.labels.assign(mask.size(), -1);
  for (size_t at = 0; at < mask.size(); ++at) {
    if (mask[at] == 0 || result.labels[at] >= 0) continue;
    const int label = static_cast<int>(result.regions.size());
    result.regions.push_back(fill(mask, height, width, static_cast<int>(at), label, result.labels));
  }
  return result;
}

}  // namespace rung::data

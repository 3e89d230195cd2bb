#include "data/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "data/dataset.h"

namespace rung::data {
namespace {

constexpr uint32_t kOpaque = 255;

// The mean of the pixels, each as much as it is opaque, is below the middle. Without an opaque one it is not.
bool is_drawn_dark(std::span<const uint8_t> grey_and_alpha) {
  uint64_t sum = 0;
  uint64_t weights = 0;
  for (size_t at = 0; at + 1 < grey_and_alpha.size(); at += 2) {
    sum += static_cast<uint64_t>(grey_and_alpha[at]) * grey_and_alpha[at + 1];
    weights += grey_and_alpha[at + 1];
  }
  return 2 * sum < kOpaque * weights;
}

}  // namespace

void require_sides(uint64_t height, uint64_t width, const std::string& file) {
  if (std::max(height, width) > kMaxImageSide)
    throw DataError(fmt::format("{}: {} x {} pixels; at most {} x {} are supported", file, height, width,
                                kMaxImageSide, kMaxImageSide));
}

std::vector<uint8_t> on_ground(std::span<const uint8_t> grey_and_alpha) {
  RUNG_REQUIRE(grey_and_alpha.size() % 2 == 0);
  const uint32_t ground = is_drawn_dark(grey_and_alpha) ? 255 : 0;
  std::vector<uint8_t> pixels(grey_and_alpha.size() / 2);
  for (size_t i = 0; i < pixels.size(); ++i) {
    const uint32_t grey = grey_and_alpha[2 * i];
    const uint32_t alpha = grey_and_alpha[2 * i + 1];
    pixels[i] = static_cast<uint8_t>((grey * alpha + ground * (kOpaque - alpha) + kOpaque / 2) / kOpaque);
  }
  return pixels;
}

// Of the eight, 5 to 8 have rows and columns exchanged, and two bits say which of them run backwards.
GreyImage oriented(GreyImage image, int orientation) {
  RUNG_REQUIRE(orientation >= 1 && orientation <= 8);
  if (orientation == 1) return image;
  const bool exchanged = orientation >= 5;
  const bool rows_backwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_backwards = orientation == 2 || orientation == 3 || orientation >= 7;
  GreyImage result{.height = exchanged ? image.width : image.height,
                   .width = exchanged ? image.height : image.width,
                   .pixels = {}};
  result.pixels.reserve(image.pixels.size());
  for (int i = 0; i < result.height; ++i) {
    for (int j = 0; j < result.width; ++j) {
      auto [row, column] = exchanged ? std::pair(j, i) : std::pair(i, j);
      if (rows_backwards) row = image.height - 1 - row;
      if (columns_backwards) column = image.width - 1 - column;
      result.pixels.push_back(image.pixels[static_cast<size_t>(row) * static_cast<size_t>(image.width) +
                                           static_cast<size_t>(column)]);
    }
  }
  return result;
}

}  // namespace rung::data

// Eight-bit images in memory, and how colours and transparency become grey.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rung::data {

struct GreyImage {
  int height = 0;
  int width = 0;
  std::vector<uint8_t> pixels;  // [height,width]
};

struct RgbImage {
  int height = 0;
  int width = 0;
  std::vector<uint8_t> pixels;  // [height,width,3]
};

// What an image was converted from when its file was read.
struct Conversions {
  bool sixteen_bits = false;  // rounded to 8
  bool palette = false;       // expanded
  bool transparency = false;  // put on a ground: on_ground()
  bool colour = false;        // made grey: luma()
  bool orientation = false;   // turned upright, as its EXIF data say
};

// Throws DataError if a side is longer than kMaxImageSide; `file` names the image in the message.
void require_sides(uint64_t height, uint64_t width, const std::string& file);

// ITU-R BT.601's luma, 0.299 red + 0.587 green + 0.114 blue, rounded as by Pillow's convert("L"): 76, 150 and
// 29 for pure red, green and blue.
constexpr uint8_t luma(uint8_t red, uint8_t green, uint8_t blue) {
  constexpr uint32_t kOne = 1 << 16;
  static_assert(19595 + 38470 + 7471 == kOne);
  return static_cast<uint8_t>((19595 * red + 38470 * green + 7471 * blue + kOne / 2) / kOne);
}

// Grey pixels from pairs of grey and alpha. What is transparent becomes white if what is drawn is dark on
// average, else black, so that dark ink on nothing stays visible.
std::vector<uint8_t> on_ground(std::span<const uint8_t> grey_and_alpha);

// The image as it is looked at, if its file says that it is stored in one of EXIF's orientations, 1 to 8.
GreyImage oriented(GreyImage image, int orientation);

}  // namespace rung::data

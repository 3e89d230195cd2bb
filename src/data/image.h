// Eight-bit images in memory, grey or in colour, and how colours become grey.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rung::data {

struct Image {
  int height = 0;
  int width = 0;
  std::vector<uint8_t> pixels;  // [height,width,channels]
  int channels = 1;             // 1: grey; 3: red, green and blue
};

// What the images of a dataset have in common.
struct ImageShape {
  int channels = 1;
  int height = 0;
  int width = 0;

  size_t plane() const { return static_cast<size_t>(height) * static_cast<size_t>(width); }
  size_t size() const { return static_cast<size_t>(channels) * plane(); }
};

// Images of one shape in memory, which it does not own.
struct ImagesView {
  std::span<const uint8_t> pixels;  // [count,channels,height,width]
  ImageShape shape;

  int count() const { return static_cast<int>(pixels.size() / shape.size()); }
  std::span<const uint8_t> image(size_t index) const {  // [channels,height,width]
    return pixels.subspan(index * shape.size(), shape.size());
  }
};

// How the images of files are taken.
enum class Colours {
  kGrey,  // those in colour become grey by luma()
  kKeep,  // as they are stored
  kRgb,   // three channels; those of a grey image are equal
};

// What an image was converted from when its file was read.
struct Conversions {
  bool sixteen_bits = false;  // rounded to 8
  bool palette = false;       // expanded
  bool transparency = false;  // put on a ground: on_ground()
  bool colour = false;        // stored in colour
  bool orientation = false;   // turned upright, as its EXIF data say
};

// "28×28", "30×40 (height × width)"
std::string size_text(int height, int width);

// Throws DataError if a side is longer than kMaxImageSide; `file` names the image in the message.
void require_sides(uint64_t height, uint64_t width, const std::string& file);

// Of a picture that is decoded, perhaps to be made smaller: room for a camera's.
inline constexpr int kMaxPictureSide = 16'384;
inline constexpr uint64_t kMaxPicturePixels = uint64_t{1} << 25;
// Throws DataError for a larger one.
void require_decodable(uint64_t height, uint64_t width, const std::string& file);

// ITU-R BT.601's luma, 0.299 red + 0.587 green + 0.114 blue, rounded as by Pillow's convert("L"): 76, 150 and
// 29 for pure red, green and blue.
constexpr uint8_t luma(uint8_t red, uint8_t green, uint8_t blue) {
  constexpr uint32_t kOne = 1 << 16;
  static_assert(19595 + 38470 + 7471 == kOne);
  return static_cast<uint8_t>((19595 * red + 38470 * green + 7471 * blue + kOne / 2) / kOne);
}

// The luma of each pixel, in the place of its red, green and blue.
void make_grey(std::vector<uint8_t>& pixels);

// A grey image of one in colour, by luma(), and one in colour whose channels are equal of a grey one. Others
// are returned as they are.
Image as_grey(Image image);
Image as_rgb(Image image);

// Planes [channels,height,width] of pixels [height,width,channels], and back.
void to_planes(std::span<const uint8_t> pixels, int channels, uint8_t* planes);
void to_pixels(std::span<const uint8_t> planes, int channels, uint8_t* pixels);
Image from_planes(std::span<const uint8_t> planes, int height, int width, int channels);

// Pixels without their last channel, which says how opaque they are. What is transparent becomes white if
// what is drawn is dark on average (of colours the luma), else black, so that dark ink on nothing stays
// visible. `channels` is 2 (grey and alpha) or 4.
std::vector<uint8_t> on_ground(std::span<const uint8_t> pixels, int channels);

// The image as it is looked at, if its file says that it is stored in one of EXIF's orientations, 1 to 8.
Image oriented(Image image, int orientation);

}  // namespace rung::data

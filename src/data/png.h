// Eight-bit images as PNG files, by libpng. Left out: reading colour, 16 bits, the orientation in EXIF data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"

namespace rung::data {

// The bytes of a PNG file. Throws IoError if libpng fails. Precondition: the image is not empty.
std::vector<std::byte> encode_png(const GreyImage& image);
std::vector<std::byte> encode_png(const RgbImage& image);

// Replaces `path` atomically. Throws IoError. Precondition: the image is not empty.
void write_png(const std::filesystem::path& path, const GreyImage& image);

// Any PNG file's image; colour becomes grey by luma(), what is transparent as in on_ground(), and 16 bits are
// rounded to 8; `conversions`, unless null, says what was done of it. `file` names the bytes in error
// messages. Throws DataError if they are not a PNG file, are damaged or have a side of more than
// kMaxImageSide.
GreyImage parse_png(std::span<const std::byte> bytes, const std::string& file,
                    Conversions* conversions = nullptr);

// The same from a file. Throws IoError if it cannot be read.
GreyImage read_png(const std::filesystem::path& path);

struct GridLayout {
  int rows = 1;
  int columns = 1;
  int scale = 1;             // every pixel becomes scale x scale
  int margin = 2;            // between and around the images, in pixels of the result
  uint8_t background = 128;  // of margins and empty places
};

// Images [N,height,width] side by side, row after row, as many as fit. Preconditions: rows, columns, scale,
// height and width at least 1, margin at least 0, and the result has no side of more than 2^15 pixels.
GreyImage image_grid(std::span<const uint8_t> images, int height, int width, const GridLayout& layout);

}  // namespace rung::data

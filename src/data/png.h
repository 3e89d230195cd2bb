// Eight-bit images as PNG files, by libpng. Left out: reading colour, 16 bits, ancillary chunks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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

// The bytes of a PNG file. Throws IoError if libpng fails. Precondition: the image is not empty.
std::vector<std::byte> encode_png(const GreyImage& image);
std::vector<std::byte> encode_png(const RgbImage& image);

// Replaces `path` atomically. Throws IoError. Precondition: the image is not empty.
void write_png(const std::filesystem::path& path, const GreyImage& image);

// Any PNG file's image; colour becomes grey by luminance, transparent parts black, 16 bits become 8. `file`
// names the bytes in error messages. Throws DataError if they are not a PNG file, are damaged or have a side
// of more than 4096 pixels.
GreyImage parse_png(std::span<const std::byte> bytes, const std::string& file);

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

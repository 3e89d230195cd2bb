// Eight-bit images as PNG files, by libpng. Left out: 16 bits, the orientation in EXIF data.
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
std::vector<std::byte> encode_png(const Image& image);

// Replaces `path` atomically. Throws IoError. Precondition: the image is not empty.
void write_png(const std::filesystem::path& path, const Image& image);

// Any PNG file's image, as its numbers are, whatever gamma or colour profile they are said to have: what is
// transparent as in on_ground(), and 16 bits rounded to 8; `conversions`,
// unless null, says what was done of it. `file` names the bytes in error messages. Throws DataError if they
// are not a PNG file, are damaged or too large for require_decodable().
Image parse_png(std::span<const std::byte> bytes, const std::string& file, Colours colours = Colours::kGrey,
                Conversions* conversions = nullptr);

// A file's image in grey. Throws IoError if it cannot be read.
Image read_png(const std::filesystem::path& path);

struct GridLayout {
  int rows = 1;
  int columns = 1;
  int scale = 1;             // every pixel becomes scale x scale
  int margin = 2;            // between and around the images, in pixels of the result
  uint8_t background = 128;  // of margins and empty places
};

// Images in planes [N,channels,height,width] side by side, row after row, as many as fit. Preconditions:
// rows, columns, scale, height and width at least 1, margin at least 0, and the result has no side of more
// than 2^15 pixels.
Image image_grid(std::span<const uint8_t> images, const ImageShape& shape, const GridLayout& layout);

}  // namespace rung::data

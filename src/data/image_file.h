// Images in the files that people have: PNG, JPEG, and IDX, which may be compressed by gzip. A file is
// recognised by its content, never by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"

namespace rung::data {

// Images of one size.
struct ImageStack {
  bool is_single = false;  // of a file that can hold only one image
  int count = 0;
  int height = 0;
  int width = 0;
  std::vector<uint8_t> pixels;  // [count,height,width]
};

// The image in a PNG or JPEG file's bytes; `file` names them in error messages, and `conversions`, unless
// null, says what was done. Throws DataError if they are of another kind or as parse_png() and parse_jpeg()
// do.
GreyImage parse_image(std::span<const std::byte> bytes, const std::string& file,
                      Conversions* conversions = nullptr);

// Whether a file's name ends like that of a PNG or JPEG file: .png, .jpg or .jpeg, in any case.
bool has_image_ending(const std::filesystem::path& file);

// The file's images; of a PNG or JPEG file, one. Throws IoError if it cannot be read; DataError if it is of
// another kind or as parse_png(), parse_jpeg(), gunzip() and parse_idx() do.
ImageStack read_images(const std::filesystem::path& file);

// A folder's PNG and JPEG files, by the ends of their names (.png, .jpg, .jpeg), in the order of the names.
// Left out: hidden files, and what lies in folders below. Throws IoError if the folder cannot be read.
std::vector<std::filesystem::path> image_files_in(const std::filesystem::path& folder);

}  // namespace rung::data

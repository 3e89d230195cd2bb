// Images in the files that people have: PNG, JPEG, and IDX, which may be compressed by gzip. A file is
// recognised by its content, never by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_file.h"
#include "data/image.h"

namespace rung::data {

// The image in a PNG or JPEG file's bytes; `file` names them in error messages, and `conversions`, unless
// null, says what was done. Throws DataError if they are of another kind or as parse_png() and parse_jpeg()
// do.
Image parse_image(std::span<const std::byte> bytes, const std::string& file, Colours colours = Colours::kGrey,
                  Conversions* conversions = nullptr);

// Whether a file's name ends like that of a PNG or JPEG file: .png, .jpg or .jpeg, in any case.
bool has_image_ending(const std::filesystem::path& file);

struct ImageFile {
  ImageStack images;
  bool is_single = false;  // the file is of a kind that holds only one image
};

// A file's images, grey or in colour as `channels` (1 or 3) says; of a PNG or JPEG file, one. Throws IoError
// if it cannot be read; DataError if it is of another kind or as parse_png(), parse_jpeg(), gunzip() and
// parse_images_file() do.
ImageFile read_images(const std::filesystem::path& file, int channels = 1);

// A folder's PNG and JPEG files, by the ends of their names (.png, .jpg, .jpeg), in the order of the names.
// Left out: hidden files, and what lies in folders below. Throws IoError if the folder cannot be read.
std::vector<std::filesystem::path> image_files_in(const std::filesystem::path& folder);

}  // namespace rung::data

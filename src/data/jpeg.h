// Reading JPEG files, by libjpeg-turbo. CMYK becomes RGB as in Pillow. Left out: arithmetic
// coding; colour profiles are ignored.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "data/image.h"

namespace rung::data {

// A JPEG file's image, upright as its EXIF data says; `conversions`, unless null, says what was done. `file`
// names the bytes in error messages. Throws DataError if they are not a JPEG file, are damaged or cut off,
// or too large for require_decodable().
Image parse_jpeg(std::span<const std::byte> bytes, const std::string& file, Colours colours = Colours::kGrey,
                 Conversions* conversions = nullptr);

}  // namespace rung::data

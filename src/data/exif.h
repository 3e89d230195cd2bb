// The orientation in the EXIF data of a photograph (CIPA DC-008, tag 0x0112). Left out: all other tags.
#pragma once

#include <cstdint>
#include <span>

namespace rung::data {

// 1 to 8, from the content of a JPEG file's APP1 segment; 1, which is upright, if the segment holds no
// orientation or is damaged.
int exif_orientation(std::span<const uint8_t> app1);

}  // namespace rung::data

// The segment is "Exif" and two zeros, then a TIFF file: the byte order, 42, and the offset of a directory,
// which is a count and that many entries of 12 bytes: tag, type, count, value.
#include "data/exif.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace rung::data {
namespace {

constexpr std::string_view kExif("Exif\0\0", 6);
constexpr uint32_t kTiffMagic = 42;
constexpr size_t kEntryBytes = 12;
constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kShort = 3;  // a type, of two bytes
constexpr int kUpright = 1;

// Numbers of a TIFF file, in its byte order. What lies outside the file is 0.
class Tiff {
 public:
  explicit Tiff(std::span<const uint8_t> bytes) : bytes_(bytes) {
    big_endian_ = number(0, 2) == 0x4D4D;  // "MM"; the same in both orders, as is "II"
  }

  uint32_t number(size_t offset, size_t length) const {
    if (offset > bytes_.size() || length > bytes_.size() - offset) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < length; ++i)
      value = value << 8 | bytes_[offset + (big_endian_ ? i : length - 1 - i)];
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
  bool big_endian_ = false;
};

}  // namespace

int exif_orientation(std::span<const uint8_t> app1) {
  if (app1.size() < kExif.size() || !std::equal(kExif.begin(), kExif.end(), app1.begin())) return kUpright;
  const Tiff tiff(app1.subspan(kExif.size()));
  if (tiff.number(2, 2) != kTiffMagic) return kUpright;
  const size_t directory = tiff.number(4, 4);
  const size_t entries = tiff.number(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (tiff.number(entry, 2) != kOrientationTag || tiff.number(entry + 2, 2) != kShort) continue;
    const uint32_t value = tiff.number(entry + 8, 2);
    if (value >= 1 && value <= 8) return static_cast<int>(value);
  }
  return kUpright;
}

}  // namespace rung::data

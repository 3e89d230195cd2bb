// data::parse_png on arbitrary bytes, as they are and with the chunks' checksums corrected; otherwise hardly
// any changed chunk would be read further.
#include "data/png.h"

#include <zlib.h>

#include <vector>

#include "target.h"

namespace {

// A file is its signature and then chunks: a length, a type, that many bytes, and the CRC-32 of the last two.
constexpr size_t kSignatureBytes = 8;
constexpr size_t kWordBytes = 4;

uint32_t big_endian_word(std::span<const uint8_t, kWordBytes> bytes) {
  uint32_t word = 0;
  for (const uint8_t byte : bytes) word = word << 8 | byte;
  return word;
}

void put_big_endian_word(uint32_t word, std::span<uint8_t, kWordBytes> bytes) {
  for (size_t at = kWordBytes; at-- > 0; word >>= 8) bytes[at] = static_cast<uint8_t>(word);
}

void put_checksums_right(std::span<uint8_t> png) {
  size_t at = kSignatureBytes;
  while (at + 3 * kWordBytes <= png.size()) {
    const auto chunk = png.subspan(at);
    const size_t length = big_endian_word(chunk.first<kWordBytes>());
    if (length > chunk.size() - 3 * kWordBytes) return;
    const auto covered = chunk.subspan(kWordBytes, kWordBytes + length);
    const auto sum = crc32(0, covered.data(), static_cast<uInt>(covered.size()));
    put_big_endian_word(static_cast<uint32_t>(sum),
                        chunk.subspan(2 * kWordBytes + length).first<kWordBytes>());
    at += 3 * kWordBytes + length;
  }
}

int read_image(std::span<const uint8_t> png) {
  return rung::fuzz::parse_or_refuse(png.data(), png.size(), [](auto bytes) {
    const auto image = rung::data::parse_png(bytes, "seed");
    rung::fuzz::require(
        image.pixels.size() == static_cast<size_t>(image.height) * static_cast<size_t>(image.width),
        "as many pixels as the sides say");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read_image({data, size});
  std::vector<uint8_t> mended(data, data + size);
  put_checksums_right(mended);
  return read_image(mended);
}

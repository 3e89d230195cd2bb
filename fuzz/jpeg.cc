// data::parse_jpeg on arbitrary bytes.
#include "data/jpeg.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const auto image = rung::data::parse_jpeg(bytes, "seed");
    rung::fuzz::require(
        image.pixels.size() == static_cast<size_t>(image.height) * static_cast<size_t>(image.width),
        "as many pixels as the sides say");
  });
}

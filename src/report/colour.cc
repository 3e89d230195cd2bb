#include "report/colour.h"

#include <algorithm>
#include <cmath>

namespace rung::report {

Rgb blend(const Rgb& from, const Rgb& to, double share) {
  const auto mix = [&](double a, double b) { return a + (b - a) * share; };
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

Rgb diverging(double value) {
  constexpr Rgb kBelow{33, 102, 172};
  constexpr Rgb kMiddle{247, 247, 247};
  constexpr Rgb kAbove{178, 24, 43};
  return blend(kMiddle, value < 0 ? kBelow : kAbove, std::min(1.0, std::abs(value)));
}

data::Image blank_rgb(int height, int width) {
  return {.height = height,
          .width = width,
          .pixels = std::vector<uint8_t>(3 * static_cast<size_t>(height) * static_cast<size_t>(width), 255),
          .channels = 3};
}

void put(data::Image& image, int row, int column, const Rgb& colour) {
  uint8_t* pixel = image.pixels.data() + 3 * (static_cast<size_t>(row) * static_cast<size_t>(image.width) +
                                              static_cast<size_t>(column));
  pixel[0] = static_cast<uint8_t>(std::lround(colour.red));
  pixel[1] = static_cast<uint8_t>(std::lround(colour.green));
  pixel[2] = static_cast<uint8_t>(std::lround(colour.blue));
}

}  // namespace rung::report

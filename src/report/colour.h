// Colours in images that are computed pixel by pixel. page.css has those of text and charts.
#pragma once

#include "data/png.h"

namespace rung::report {

struct Rgb {
  double red = 0, green = 0, blue = 0;  // 0..255
};

inline constexpr Rgb kWhite{255, 255, 255};
inline constexpr Rgb kBlack{0, 0, 0};

// From `from` (share 0) to `to` (share 1).
Rgb blend(const Rgb& from, const Rgb& to, double share);

// A value in -1..1: blue below 0, white at 0, red above. The ends are ColorBrewer's RdBu, which colour-blind
// people can tell apart.
Rgb diverging(double value);

// A white image.
data::Image blank_rgb(int height, int width);

void put(data::Image& image, int row, int column, const Rgb& colour);

}  // namespace rung::report

#include "import/pixel_scale.h"

#include <fmt/format.h>

#include "base/error.h"

namespace rung::imports {

PixelScale scale_of(const Range& range, std::string_view what) {
  constexpr double kWhite = 255;
  const auto refuse = [&](const std::string& found, const char* hint) {
    throw DataError(fmt::format("{}: {}", what, found), hint);
  };
  if (!range.finite) refuse("some values are not finite numbers", "look for NaN and infinity in the array");
  const std::string found = fmt::format("the values are from {:g} to {:g}", range.least, range.largest);
  if (range.least < 0)
    refuse(found + ", below 0", "undo the normalisation: pixels are from 0 to 255, or from 0 to 1");
  if (range.is_bool) return {kWhite, "Pixels were true or false: true became 255."};
  if (range.is_float && range.largest <= 1)
    return {kWhite, "Pixels were fractions from 0 to 1: they were multiplied by 255 and rounded."};
  if (range.is_float && range.largest < 2 && !range.whole)
    refuse(found + ", a little beyond 1", "clip them to 1, or multiply them by 255 and round");
  if (range.largest <= kWhite && range.whole) return {1, ""};
  if (range.largest <= kWhite) return {1, "Pixels were fractions from 0 to 255: they were rounded."};
  if (range.sixteen_bits) return {1.0 / 257, "Pixels had 16 bits: they were divided by 257 and rounded."};
  refuse(found + ", beyond 255", "scale them to 0..255, or save 16-bit pixels as uint16");
  return {};
}

}  // namespace rung::imports

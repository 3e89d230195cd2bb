// How the numbers of a source become pixels from 0 to 255. They are never wrapped or cut off.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace rung::imports {

// What all numbers of some images have in common.
struct Range {
  double least = 0;
  double largest = 0;
  bool finite = true;    // none is NaN or infinite
  bool whole = true;     // all are whole numbers
  bool is_bool = false;  // of the type
  bool is_float = false;
  bool sixteen_bits = false;  // an unsigned type of 16 bits
  uint64_t count = 0;

  void add(double number) {
    if (count++ == 0) least = largest = number;
    least = std::min(least, number);
    largest = std::max(largest, number);
    finite = finite && std::isfinite(number);
    whole = whole && number == std::floor(number);
  }
};

struct PixelScale {
  double factor = 1;
  std::string step;   // what is done, as a sentence; empty if the numbers are the pixels
  double offset = 0;  // is added to a number before it is multiplied

  bool is_like(const PixelScale& other) const { return factor == other.factor && offset == other.offset; }

  uint8_t pixel(double number) const { return static_cast<uint8_t>((number + offset) * factor + 0.5); }
};

// Numbers from 0 to 1 (float, bool) become 255 times as large; 16 bits a 257th; 0 to 255 stay, rounded.
// `what` names the numbers in messages. Throws DataError for any other range.
PixelScale scale_of(const Range& range, std::string_view what);

}  // namespace rung::imports

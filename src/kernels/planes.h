// How the activations of one image lie in memory: a plane of floats per channel. Kernels for one image read
// it, where layout.h's hold 16 images.
//
// A plane begins at a multiple of 16 floats and has room for what is stored past its last pixel, so a kernel
// that does the same to every float (activation_forward without pooling) takes one image as a block
// [C][1][plane / 16][16].
#pragma once

#include <cstddef>

#include "kernels/layout.h"

namespace rung::kernels {

struct Planes {
  int channels = 1;
  int height = 1;
  int width = 1;
  size_t row = 1;         // floats from a row to the next
  size_t plane = kLanes;  // floats from a channel to the next

  size_t pixels() const { return static_cast<size_t>(height) * static_cast<size_t>(width); }
  size_t elements() const { return static_cast<size_t>(channels) * pixels(); }

  // Where an element lies; of the second, its place in the order [C][H][W].
  size_t at(int c, int y, int x) const {
    return static_cast<size_t>(c) * plane + static_cast<size_t>(y) * row + static_cast<size_t>(x);
  }
  size_t at(size_t element) const {
    const size_t pixel = element % pixels();
    const auto columns = static_cast<size_t>(width);
    return element / pixels() * plane + pixel / columns * row + pixel % columns;
  }

  // Of a buffer that holds them, with room for what kernels load past the last plane.
  size_t floats() const { return static_cast<size_t>(channels) * plane + 2 * kLanes; }
};

// Rows of `row` floats, of which the first `width` are the image's.
constexpr Planes planes_of(int channels, int height, int width, size_t row) {
  const size_t most =
      static_cast<size_t>(height) * row + kLanes - 1;  // a vector's other lanes past the last pixel
  return {channels, height, width, row, (most + kLanes - 1) / kLanes * kLanes};
}
constexpr Planes planes_of(int channels, int height, int width) {
  return planes_of(channels, height, width, static_cast<size_t>(width));
}

}  // namespace rung::kernels

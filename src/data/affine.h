// Rotations, affine and perspective maps of an 8-bit one-channel image with torchvision 0.14's meaning on a
// PIL image, to the last bit for given parameters (perspective: a later release's, see there). Sources:
// torchvision.transforms.RandomRotation, RandomAffine and RandomPerspective; Pillow's Image.rotate and
// Geometry.c. Left out: interpolations other than nearest and bilinear.
//
// Everywhere: in, out [height,width], not overlapping; 1 <= height, width <= 4096; `fill` is used where there
// is no source pixel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/philox.h"
#include "data/data_spec.h"

namespace rung::data {

// Turns an image by `angle` degrees counter-clockwise about its centre; the size stays, nearest neighbour.
// Precondition: the angle is finite.
void rotate(const uint8_t* in, uint8_t* out, int height, int width, double angle, uint8_t fill);

// The angle in degrees that RandomRotation draws for one image.
float draw(const RandomRotation& rotation, RandomStream& random);

// What RandomAffine draws for one image.
struct AffineDraw {
  double angle = 0;     // degrees, clockwise
  int translate_x = 0;  // pixels to the right
  int translate_y = 0;  // pixels down
  double scale = 1;
  double shear_x = 0;  // degrees
  double shear_y = 0;
};
AffineDraw draw(const RandomAffine& affine, int height, int width, RandomStream& random);

// torchvision.transforms.functional.affine. Preconditions: all values are finite, the scale is above 0, the
// shears are between -90 and 90 degrees.
void affine(const uint8_t* in, uint8_t* out, int height, int width, const AffineDraw& drawn,
            Interpolation interpolation, uint8_t fill);

struct Corner {
  int x = 0;
  int y = 0;
  friend bool operator==(const Corner&, const Corner&) = default;
};
using Corners = std::array<Corner, 4>;  // top left, top right, bottom right, bottom left

// Where RandomPerspective moves the corner pixels of one image, if it moves them at all.
std::optional<Corners> draw(const RandomPerspective& perspective, int height, int width,
                            RandomStream& random);

// torchvision.transforms.functional.perspective from the image's corner pixels to `corners`, with the system
// of equations solved in double precision, as newer torchvision does (0.14 solves it in single precision,
// which may move a source by 1e-4 pixels). A bilinear value that is a whole number may be one less there,
// because its solver rounds. Copies the image where there is no such map: three of the corners are in line,
// or its last coefficient would be 0.
void perspective(const uint8_t* in, uint8_t* out, int height, int width, const Corners& corners,
                 Interpolation interpolation, uint8_t fill);

}  // namespace rung::data

// Images of another size.
#pragma once

#include "data/image.h"

namespace rung::data {

// Interpolated linearly; where the image shrinks, every pixel has its share in the result. Pillow's
// resize(BILINEAR), which is torchvision's Resize with antialias, to within 1. Preconditions: no side is
// below 1.
Image resized(const Image& image, int height, int width);

}  // namespace rung::data

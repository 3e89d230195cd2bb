// What stands out from the paper in a photograph or a scan.
#pragma once

#include <vector>

#include "data/image.h"

namespace rung::data {

struct Relief {
  int height = 0;
  int width = 0;
  std::vector<float> values;  // [height,width], pixel minus paper: positive where it is lighter
  float noise = 0;            // standard deviation of the paper's own pixels, at least that of rounding
};

// Takes as paper the quadratic surface that fits most of the pixels, so that light that falls off across the
// image does not matter. Precondition: the image is not empty.
Relief relief_of(const Image& image);

}  // namespace rung::data

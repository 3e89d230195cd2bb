// From a photograph or a scan of a digit on paper to an image such as MNIST's, in the steps by which those
// were made from NIST's scans: the digit is scaled to fit a square of 20 pixels, which makes its edges grey,
// and put into 28 x 28 pixels with its centre of mass in the middle (LeCun, Cortes, Burges, "The MNIST
// database of handwritten digits"). Left out: straightening slanted digits, finding several digits in one
// image, shadows with hard edges.
#pragma once

#include <optional>

#include "data/image.h"

namespace rung::data {

// Whether the ink is darker than the paper, lighter, or to be found out.
enum class Ink { kDark, kLight, kEither };

// The digit in light ink on black, the longer side 20/28 of the image's shorter one, the centre of mass at
// pixel (height/2, width/2), as nearly as whole pixels allow. None if nothing stands out from the paper.
// What reaches the border (the table beside the paper, a shadow) is taken for the digit only if there is
// nothing else. Preconditions: no side is below 1.
std::optional<Image> fit_digit(const Image& photo, Ink ink, int height, int width);

// Whether most of what differs from the image's border is darker.
bool is_dark_on_light(const Image& image);

}  // namespace rung::data

// Pooling of one image (planes.h) by windows that tile the plane, from values that are already activated. The
// bits are those of activation.h, which pools in the same pass.
#pragma once

#include "kernels/activation.h"
#include "kernels/planes.h"

namespace rung::kernels {

// y [output] is the maximum or the mean (`pooling`) over windows of x [input]: as many as the output has rows
// and columns, pool_h x pool_w each.
void pool_image(Pooling pooling, int pool_h, int pool_w, const Planes& input, const float* x,
                const Planes& output, float* y);

}  // namespace rung::kernels

// Pooling by any windows: overlapping, padded, or of different sizes. Windows that tile the plane are pooled
// by activation.h instead, in one pass with what precedes them. Shapes use the legend in layout.h; tensors
// are one block's, [C][H][W][16] and [C][PH][PW][16].
#pragma once

#include <vector>

#include "kernels/activation.h"
#include "kernels/window.h"

namespace rung::kernels {

struct PoolShape {
  Pooling pooling = Pooling::kMax;  // or kAverage
  int channels = 1;
  int height = 1;
  int width = 1;
  std::vector<Window> rows;     // [PH]; each has at least one input row
  std::vector<Window> columns;  // [PW]; likewise
};

// The maximum, or the sum divided by the window's whole size: padding counts as zeros
// (count_include_pad = true), except in a maximum. A NaN makes the result NaN.
void pool_forward(const PoolShape& shape, const float* x, float* y);

// dx gets the gradient of x. A window's gradient goes to its first maximum in row order, or in equal parts to
// all of its inputs. A NaN takes none.
void pool_backward(const PoolShape& shape, const float* dy, const float* x, float* dx);

namespace reference {

// The same, as plain loops.
void pool_forward(const PoolShape& shape, const float* x, float* y);
void pool_backward(const PoolShape& shape, const float* dy, const float* x, float* dx);

}  // namespace reference
}  // namespace rung::kernels

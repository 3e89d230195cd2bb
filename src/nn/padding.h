// The input of a convolution with its border of zeros.
#pragma once

#include "base/aligned_buffer.h"
#include "kernels/conv2d.h"

namespace rung::nn {

// Holds one block's padded input; empty for a convolution without padding, whose input needs no copy.
class PaddedInput {
 public:
  PaddedInput() = default;
  explicit PaddedInput(const kernels::ConvShape& shape);

  // How many floats it holds.
  static size_t floats(const kernels::ConvShape& shape);

  // `x` is dense [C][H][W][16]. The view is valid until the next call and starts at the border.
  kernels::View<const float> view(const kernels::ConvShape& shape, const float* x);

 private:
  AlignedBuffer<float> buffer_;
};

}  // namespace rung::nn

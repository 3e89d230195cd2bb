// The input of a convolution with its border of zeros.
#pragma once

#include "kernels/conv2d.h"
#include "nn/activation_buffer.h"

namespace rung::nn {

// Holds one block's padded input; empty for a convolution without padding, whose input needs no copy.
class PaddedInput {
 public:
  PaddedInput() = default;
  explicit PaddedInput(const kernels::ConvShape& shape, bool pairs = false);

  // How many elements it holds.
  static size_t elements(const kernels::ConvShape& shape, bool pairs = false);

  // `x` is dense [C][H][W][16]. The view is valid until the next call and starts at the border.
  template <typename Element>
  kernels::View<const Element> view(const kernels::ConvShape& shape, const Element* x);

 private:
  ActivationBuffer buffer_;
};

}  // namespace rung::nn

// Everything between a convolution and the next layer, in one pass over memory: per-channel scale and shift
// (batch norm, folded), dropout, relu, pooling. Shapes use the legend in layout.h; PH and PW are the pooled
// rows and columns.
//
// In training every input element has a bit that says whether the gradient passes: it was kept by dropout, is
// positive (relu), and is its window's first maximum (max pooling). One bit replaces three masks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/layout.h"

namespace rung::kernels {

enum class Pooling { kNone, kMax, kAverage };

struct ActivationShape {
  int channels = 1;
  int height = 1;
  int width = 1;
  bool relu = false;
  Pooling pooling = Pooling::kNone;
  int pool_h = 1;  // window, and stride; 1 without pooling
  int pool_w = 1;

  int out_height() const { return height / pool_h; }
  int out_width() const { return width / pool_w; }
  size_t elements() const { return static_cast<size_t>(channels) * height * width; }
  // Whether the gradient passes depends on the values, so training needs bits. (Dropout needs them, too.)
  bool gates() const { return relu || pooling == Pooling::kMax; }
};

// y[C][PH][PW][16] from x[C][H][W][16]: pool(relu(keep ? x*scale[c] + shift[c] : 0)). `bits` [C][H][W], one
// 16-bit word for 16 images: in, the elements that dropout keeps; out, the elements through which the
// gradient passes; bits past the last whole window keep their values and mean nothing. Null in evaluation,
// and in training with nothing to gate: all elements are kept.
void activation_forward(const ActivationShape& shape, const float* x, const float* scale, const float* shift,
                        uint16_t* bits, float* y);

// g[C][H][W][16] is the gradient at the scaled and shifted input: `passed` * dy where the bit is set, else 0.
// `passed` is 1/(1-p) with dropout, 1 without; average pooling divides by the window's area.

// Per channel: sums[2c] = sum of g, sums[2c+1] = sum of g * (x - mean[c]), over pixels and images, with the
// lanes summed as in conv2d_weight_gradient. Batch norm's backward pass needs these sums from each block.
void activation_backward_sums(const ActivationShape& shape, const float* dy, const uint16_t* bits,
                              float passed, const float* x, const float* mean, float* sums);

// Coefficients of batch norm's gradient, per channel: dx = g*gradient + (x - mean)*value + constant.
struct NormGradient {
  const float* gradient = nullptr;
  const float* value = nullptr;
  const float* mean = nullptr;
  const float* constant = nullptr;
};

// Writes dx, through a view with strides. Without batch norm (`norm` null) dx = g and `x` is not read. Lanes
// from `lanes` upwards get zeros.
void activation_backward(const ActivationShape& shape, const float* dy, const uint16_t* bits, float passed,
                         const float* x, const NormGradient* norm, int lanes, View<float> dx);

namespace reference {

// The same, as plain loops.
void activation_forward(const ActivationShape& shape, const float* x, const float* scale, const float* shift,
                        uint16_t* bits, float* y);
void activation_backward_sums(const ActivationShape& shape, const float* dy, const uint16_t* bits,
                              float passed, const float* x, const float* mean, float* sums);
void activation_backward(const ActivationShape& shape, const float* dy, const uint16_t* bits, float passed,
                         const float* x, const NormGradient* norm, int lanes, View<float> dx);

}  // namespace reference
}  // namespace rung::kernels

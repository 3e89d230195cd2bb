// Everything between a convolution and the next layer, in one pass over memory: per-channel scale and shift
// (batch norm, folded), dropout, the sum of a residual connection, relu or another function, pooling. Shapes
// use the legend in layout.h; PH and PW are the pooled rows and columns.
//
// In training every input element has a bit that says whether the gradient passes: it was kept by dropout, is
// positive (relu), and is its window's first maximum (max pooling). One bit replaces three masks.
//
// Elements are floats or pairs of bfloat16 (bf16.h). With pairs, whatever is given by channel has room for an
// even number of channels; the results of one past the last are finite and mean nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernels/bf16.h"
#include "kernels/functions.h"
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
  std::optional<Function> function = {};  // then there is no sum, relu or pooling
  bool rectified = false;                 // x was, so batch norm's gradient passes only where x is positive

  int out_height() const { return height / pool_h; }
  int out_width() const { return width / pool_w; }
  size_t plane() const { return static_cast<size_t>(height) * static_cast<size_t>(width); }
  size_t elements() const { return static_cast<size_t>(channels) * plane(); }
  // Whether the gradient passes depends on the values, so training needs bits. (Dropout needs them, too.)
  bool gates() const { return relu || pooling == Pooling::kMax; }
};

// What is activated, by channel: keep ? x*scale + shift : 0, plus `added`.
template <typename Element>
struct ActivationInputOf {
  const Element* x = nullptr;      // [C][H][W][16]
  const float* scale = nullptr;    // [C]
  const float* shift = nullptr;    // [C]
  const Element* added = nullptr;  // [C][H][W][16], or null; then dropout keeps all
};
using ActivationInput = ActivationInputOf<float>;

// y[C][PH][PW][16] = pool(relu(input)), or the function of the input. `bits` [C][H][W], one 16-bit word for
// 16 images: in, the elements that dropout keeps; out, the elements through which the gradient passes; bits
// past the last whole window keep their values and mean nothing. Null in evaluation, and in training with
// nothing to gate: all elements are kept.
void activation_forward(const ActivationShape& shape, const ActivationInput& input, uint16_t* bits, float* y);
void activation_forward(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                        uint16_t* bits, Bf16Pair* y);

// The backward pass begins with g[C][H][W][16], the gradient of the scaled and shifted x: dy, times the
// function's slope, times `passed` where the bit is set, else 0.
template <typename Element>
struct ActivationGradientOf {
  Element* dy = nullptr;           // [C][PH][PW][16]
  const uint16_t* bits = nullptr;  // as activation_forward left them
  float passed = 1;                // 1/(1-p) with dropout; average pooling divides by the window's area
  Element* added = nullptr;        // unless null, gets g: it is also the gradient of ActivationInput::added
  bool accumulates = false;        // which already has other gradients: g is added to it
};
using ActivationGradient = ActivationGradientOf<float>;

// Per channel: sums[2c] = sum of g, sums[2c+1] = sum of g * (x - mean[c]), over pixels and images, with the
// lanes summed as in conv2d_weight_gradient. Batch norm's backward pass needs these sums from each block.
// With a function, dy becomes g.
void activation_backward_sums(const ActivationShape& shape, const ActivationInput& input,
                              const ActivationGradient& gradient, const float* mean, float* sums);
void activation_backward_sums(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                              const ActivationGradientOf<Bf16Pair>& gradient, const float* mean, float* sums);

// Coefficients of batch norm's gradient, per channel: dx = g*gradient + (x - mean)*value + constant.
struct NormGradient {
  const float* gradient = nullptr;
  const float* value = nullptr;
  const float* mean = nullptr;
  const float* constant = nullptr;
};

// Writes dx, through a view with strides. Lanes from `lanes` upwards get zeros. With batch norm this follows
// activation_backward_sums, which has made dy and `added` what they should be; without (`norm` null) dx = g.
void activation_backward(const ActivationShape& shape, const ActivationInput& input,
                         const ActivationGradient& gradient, const NormGradient* norm, int lanes,
                         View<float> dx);
void activation_backward(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                         const ActivationGradientOf<Bf16Pair>& gradient, const NormGradient* norm, int lanes,
                         View<Bf16Pair> dx);
void activation_backward(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                         const ActivationGradientOf<Bf16Pair>& gradient, const NormGradient* norm, int lanes,
                         View<float> dx);

namespace reference {

// The same for shapes without a function, as plain loops. (tests/exact_functions.h has those with one.)
void activation_forward(const ActivationShape& shape, const ActivationInput& input, uint16_t* bits, float* y);
void activation_backward_sums(const ActivationShape& shape, const ActivationInput& input,
                              const ActivationGradient& gradient, const float* mean, float* sums);
void activation_backward(const ActivationShape& shape, const ActivationInput& input,
                         const ActivationGradient& gradient, const NormGradient* norm, int lanes,
                         View<float> dx);

}  // namespace reference
}  // namespace rung::kernels

// 2-D convolution (torch.nn.Conv2d: cross-correlation) of one block of 16 images: forward, input gradient,
// weight gradient. Shapes use the legend in layout.h.
//
// These kernels do not pad. The caller keeps the input inside a zero border (`x` starts at the border), and
// for the input gradient it keeps the output's gradient inside a canvas of zeros (see conv2d_input_gradient).
// A linear layer is the 1x1 convolution of a 1x1 image.
#pragma once

#include <cstddef>

#include "kernels/bf16.h"
#include "kernels/layout.h"
#include "kernels/window.h"

namespace rung::kernels {

struct ConvShape {
  int in_channels = 1;
  int in_height = 1;
  int in_width = 1;
  int out_channels = 1;
  int kernel_h = 1;
  int kernel_w = 1;
  int stride_h = 1;
  int stride_w = 1;
  int pad_h = 0;
  int pad_w = 0;
  int dilation_h = 1;
  int dilation_w = 1;
  int groups = 1;  // groups of channels, as in torch.nn.Conv2d

  int extent_h() const { return kernel_extent(kernel_h, dilation_h); }
  int extent_w() const { return kernel_extent(kernel_w, dilation_w); }
  int out_height() const { return (in_height + 2 * pad_h - extent_h()) / stride_h + 1; }
  int out_width() const { return (in_width + 2 * pad_w - extent_w()) / stride_w + 1; }
  int group_inputs() const { return in_channels / groups; }
  int group_outputs() const { return out_channels / groups; }
  int taps() const { return group_inputs() * kernel_h * kernel_w; }
  size_t weights() const { return static_cast<size_t>(out_channels) * static_cast<size_t>(taps()); }
};

// Weights [K][T] in the order in which a kernel reads them: tiles of output channels outermost, then taps,
// then the channels of the tile. For conv2d_input_gradient the roles of input and output are swapped and the
// kernel is flipped. Both need room for shape.weights() floats.
void pack_for_forward(const ConvShape& shape, const float* weights, float* packed);
void pack_for_input_gradient(const ConvShape& shape, const float* weights, float* packed);

// Whether both passes can take their channels in pairs: no group of channels ends within one.
constexpr bool takes_pairs(const ConvShape& shape) {
  return shape.groups == 1 || (shape.group_inputs() % 2 == 0 && shape.group_outputs() % 2 == 0);
}

// The same for inputs of pairs: the weights are rounded to bfloat16, and each tap holds the tile's weights of
// the odd channel, then those of the even one; where the processor multiplies pairs (simd.h's
// has_pair_instruction()), the tile's pairs of weights. If the last pair has no odd channel, its weights are
// zeros. Both need room for packed_pairs(shape) floats.
size_t packed_pairs(const ConvShape& shape);
void pack_pairs_for_forward(const ConvShape& shape, const float* weights, float* packed);
void pack_pairs_for_input_gradient(const ConvShape& shape, const float* weights, float* packed);

// Per band of rows, channel and lane: sum and sum of squares of (value - pivot), where the pivot is the
// lane's first value in the band. The pivot preserves the variance when the mean is much larger. A band is
// short enough for sums of floats, even if all its values except the pivot are equal.
struct MomentSums {
  float* sum = nullptr;      // [moment_bands][K][16]
  float* squares = nullptr;  // [moment_bands][K][16]
};

// Rows per band (a plane's last band may have fewer), and bands per plane.
constexpr int moment_rows(int width) {
  constexpr int kMostValues = 1024;
  return width < kMostValues ? kMostValues / width : 1;
}
constexpr int moment_bands(int height, int width) {
  return (height + moment_rows(width) - 1) / moment_rows(width);
}

// What is done with a row of outputs as long as it is at hand.
struct ConvEpilogue {
  bool relu = false;                    // y is rectified
  const MomentSums* moments = nullptr;  // unless null, gets the sums over y
  float* row = nullptr;                 // scratch [K][out_width][16], if y is pairs
};

// y[k] = bias[k] + sum over taps of weight * x. `x` is the input with its zero border; `y` is dense
// [K][out_height][out_width][16]. `bias` may be null.
void conv2d_forward(const ConvShape& shape, View<const float> x, const float* packed, const float* bias,
                    float* y, const ConvEpilogue& epilogue = {});
void conv2d_forward(const ConvShape& shape, View<const float> x, const float* packed, const float* bias,
                    Bf16Pair* y, const ConvEpilogue& epilogue);

// The same for pairs, where takes_pairs(shape): each tap adds fma(even, fma(odd, sum)), as the processors'
// instruction for pairs of bfloat16 does (AVX512_BF16's VDPBF16PS), which is used where it is.
void conv2d_forward(const ConvShape& shape, View<const Bf16Pair> x, const float* packed, const float* bias,
                    Bf16Pair* y, const ConvEpilogue& epilogue);

// The same sums over any y [K][height][width][16].
void moment_sums(const float* y, int channels, int height, int width, const MomentSums& sums);
void moment_sums(const Bf16Pair* y, int channels, int height, int width, const MomentSums& sums);

// Geometry of the canvas that conv2d_input_gradient reads: the elements of the output's gradient, `stride`
// apart, among zeros. Element (oy, ox) of the gradient lies at row oy*stride_h + top and column ox*stride_w +
// left; the window of dx element (y, x) starts at row y + first_row and column x + first_column, and is as
// dilated as the kernel.
struct Canvas {
  int height = 0;
  int width = 0;
  int top = 0;
  int left = 0;
  int first_row = 0;
  int first_column = 0;
};
Canvas gradient_canvas(const ConvShape& shape);

// dx [C][in_height][in_width][16], dense, from the canvas [K][height][width][16].
void conv2d_input_gradient(const ConvShape& shape, const float* canvas, const float* packed, float* dx);

// The same for pairs, where takes_pairs(shape); `row` is scratch [C][in_width][16].
void conv2d_input_gradient(const ConvShape& shape, const Bf16Pair* canvas, const float* packed, float* row,
                           Bf16Pair* dx);

// dweights [K][T] and, unless null, dbias [K], summed over the block's images and its pixels. `x` is the
// input with its zero border, `dy` the output's gradient. `scratch` has room for weight_gradient_scratch()
// floats. The order of every sum is fixed: pixels in row order for each lane, then the lanes in a tree. Pairs
// are multiplied column by column: of two neighbours, the odd one is added first.
void conv2d_weight_gradient(const ConvShape& shape, View<const float> x, View<const float> dy, float* scratch,
                            float* dweights, float* dbias);
void conv2d_weight_gradient(const ConvShape& shape, View<const Bf16Pair> x, View<const Bf16Pair> dy,
                            float* scratch, float* dweights, float* dbias);
size_t weight_gradient_scratch(const ConvShape& shape, bool pairs);

namespace reference {

// The same three, as plain loops over unpacked weights and dense, unpadded tensors of any alignment: for
// tests, and for layers that are not worth packing.
void conv2d_forward(const ConvShape& shape, const float* x, const float* weights, const float* bias,
                    float* y);
void conv2d_input_gradient(const ConvShape& shape, const float* dy, const float* weights, float* dx);
void conv2d_weight_gradient(const ConvShape& shape, const float* x, const float* dy, float* dweights,
                            float* dbias);

}  // namespace reference
}  // namespace rung::kernels

// 2-D convolution of one image (planes.h), for an answer within microseconds; conv2d.h computes 16 images at
// once. Every output is the chain of fused multiply-adds that conv2d_forward computes, so the bits are the
// same.
//
// A vector holds neighbouring pixels of a plane. Where that would leave most lanes idle (small planes, linear
// layers), or where neighbours do not read neighbours (a stride), it holds output channels instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/planes.h"

namespace rung::kernels {

// A convolution of an image of a given layout, ready for the instruction set in use: force_simd_target() must
// not be called between image_conv() and the last conv2d_image().
struct ImageConv {
  enum class Lanes { kPixels, kChannels };

  // Where a vector of pixels, or one pixel, begins.
  struct Position {
    uint32_t x = 0;  // relative to a tap
    uint32_t y = 0;
  };

  Lanes lanes = Lanes::kPixels;
  int groups = 1;
  int group_outputs = 1;
  Planes output;
  std::vector<uint32_t> taps;  // [groups][T]: where in the input the first output's taps lie
  std::vector<Position>
      positions;  // ascending: what a vector stores past its row is replaced by the next row

  size_t group_taps() const { return taps.size() / static_cast<size_t>(groups); }
  size_t packed_values() const;
};

// `input` is the layout of the image with its border of zeros; if `shape` is that of a 1x1 image (a linear
// layer), it may be any layout of as many elements.
ImageConv image_conv(const ConvShape& shape, const Planes& input);

// Bias (zeros if null) and weights [K][T] in the order in which conv2d_image reads them.
void pack_for_image(const ImageConv& conv, const float* weights, const float* bias, float* packed);

// y [conv.output], all of its pixels, from x. Between the rows it gets any values.
void conv2d_image(const ImageConv& conv, const float* x, const float* packed, float* y);

// The same in integers: x and weights are pairs of 16-bit integers, of two input channels (the lower half is
// the first one's), which count as one. Bias and sums have 32 bits, and wrap around.
void pack_for_image(const ImageConv& conv, const int32_t* weights, const int32_t* bias, int32_t* packed);
void conv2d_image(const ImageConv& conv, const int32_t* x, const int32_t* packed, int32_t* y);

}  // namespace rung::kernels

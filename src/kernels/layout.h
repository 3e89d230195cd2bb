// How activations lie in memory: 16 images innermost (oneDNN calls it Nchw16n), so that one vector
// instruction does the same thing to 16 images and every layer vectorises fully whatever its channel count or
// width.
//
// Legend used for every shape in this folder and in nn/:
// clang-format off
//   B       blocks of 16 images in a batch
//   C, K    input and output channels
//   T       taps of an output channel: C / channel groups * kernel area
//   H, W    rows and columns; PH, PW those after pooling
//   16      images; the lanes past a batch's last image hold zeros or are ignored
// clang-format on
//
// Every kernel works on one block. A block's result does not depend on which thread computed it, and the sums
// over blocks are formed in the order of the blocks, so the bits do not depend on the number of threads.
//
// Activations and packed weights are aligned to 64 bytes (an AlignedBuffer is), and strides are whole groups
// of lanes, because the kernels load whole vectors.
#pragma once

#include <cstddef>

namespace rung::kernels {

inline constexpr int kLanes = 16;

constexpr int blocks_of(int images) {
  return (images + kLanes - 1) / kLanes;
}

// Images in the lanes of block `block` of a batch of `images`: 16 in all but the last.
constexpr int valid_lanes(int images, int block) {
  const int left = images - block * kLanes;
  return left < kLanes ? left : kLanes;
}

// Where two channels share a word.
constexpr int pairs_of(int channels) {
  return (channels + 1) / 2;
}

// Floats of one block's activations [C][H][W][16].
constexpr size_t block_floats(int channels, int height, int width) {
  return static_cast<size_t>(channels) * static_cast<size_t>(height) * static_cast<size_t>(width) * kLanes;
}

// One block's activations with strides in elements, so that a kernel can work inside a larger, zero-bordered
// canvas.
template <typename Element>
struct View {
  Element* data = nullptr;
  size_t channel = 0;
  size_t row = 0;
  size_t column = kLanes;

  Element* at(int c, int y, int x) const {
    return data + static_cast<size_t>(c) * channel + static_cast<size_t>(y) * row +
           static_cast<size_t>(x) * column;
  }
};

// The view of densely packed activations [C][height][width][16].
template <typename Element>
constexpr View<Element> dense_view(Element* data, int height, int width) {
  const size_t row = static_cast<size_t>(width) * kLanes;
  return {data, static_cast<size_t>(height) * row, row, kLanes};
}

}  // namespace rung::kernels

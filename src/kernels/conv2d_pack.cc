// The order of weights in memory, and the canvas of the input gradient: plain index arithmetic, no SIMD.
#include <algorithm>

#include "kernels/conv2d.h"
#include "kernels/conv2d_tiles.h"

namespace rung::kernels {
namespace {

// Writes the weights of `groups` channel groups, `outputs` x `taps` each, tile by tile; `weight_of(group,
// output, tap)` is the value.
template <typename WeightOf>
void pack(int groups, int outputs, int taps, float* packed, WeightOf weight_of) {
  for (int group = 0; group < groups; ++group) {
    for (int first = 0; first < outputs;) {
      const int tile = next_share(outputs - first, kMaxTile);
      for (int tap = 0; tap < taps; ++tap) {
        for (int k = first; k < first + tile; ++k) *packed++ = weight_of(group, k, tap);
      }
      first += tile;
    }
  }
}

}  // namespace

void pack_for_forward(const ConvShape& shape, const float* weights, float* packed) {
  const int taps = shape.taps();
  const int outputs = shape.group_outputs();
  pack(shape.groups, outputs, taps, packed, [&](int group, int k, int tap) {
    return weights[static_cast<size_t>(group * outputs + k) * taps + tap];
  });
}

void pack_for_input_gradient(const ConvShape& shape, const float* weights, float* packed) {
  const int area = shape.kernel_h * shape.kernel_w;
  const int outputs = shape.group_outputs();
  // Here a "tap" runs over the output channels and the flipped kernel, and an "output" is an input channel.
  pack(shape.groups, shape.group_inputs(), outputs * area, packed, [&](int group, int c, int tap) {
    const int k = group * outputs + tap / area;
    const int flipped = area - 1 - tap % area;
    return weights[static_cast<size_t>(k) * shape.taps() + c * area + flipped];
  });
}

Canvas gradient_canvas(const ConvShape& shape) {
  // A border of extent-1 zeros minus the forward pass's padding; padding beyond that is skipped.
  const int above = shape.extent_h() - 1 - shape.pad_h;
  const int before = shape.extent_w() - 1 - shape.pad_w;
  Canvas canvas{.top = std::max(0, above),
                .left = std::max(0, before),
                .first_row = std::max(0, -above),
                .first_column = std::max(0, -before)};
  canvas.height = std::max(canvas.first_row + shape.in_height + shape.extent_h() - 1,
                           canvas.top + (shape.out_height() - 1) * shape.stride_h + 1);
  canvas.width = std::max(canvas.first_column + shape.in_width + shape.extent_w() - 1,
                          canvas.left + (shape.out_width() - 1) * shape.stride_w + 1);
  return canvas;
}

}  // namespace rung::kernels

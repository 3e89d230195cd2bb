// The order of weights in memory, and the canvas of the input gradient: plain index arithmetic, no SIMD.
#include <algorithm>
#include <bit>

#include "kernels/conv2d.h"
#include "kernels/conv2d_tiles.h"
#include "kernels/simd.h"

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

// The same for `inputs` channels of `area` taps each, in pairs.
template <typename WeightOf>
void pack_pairs(int groups, int outputs, int inputs, int area, float* packed, WeightOf weight_of) {
  const int taps = pairs_of(inputs) * area;
  const auto half_of = [&](int group, int k, int tap, int odd) {
    const int channel = 2 * (tap / area) + odd;
    return channel == inputs ? 0.0F : rounded_to_bf16(weight_of(group, k, channel * area + tap % area));
  };
  if (has_pair_instruction()) {
    pack(groups, outputs, taps, packed, [&](int group, int k, int tap) {
      const auto even = std::bit_cast<Bf16Pair>(half_of(group, k, tap, 0));
      return std::bit_cast<float>(even >> 16 | std::bit_cast<Bf16Pair>(half_of(group, k, tap, 1)));
    });
  } else {
    pack(groups, outputs, 2 * taps, packed,
         [&](int group, int k, int half) { return half_of(group, k, half / 2, 1 - half % 2); });
  }
}

auto forward_weight(const ConvShape& shape, const float* weights) {
  return [taps = shape.taps(), outputs = shape.group_outputs(), weights](int group, int k, int tap) {
    return weights[static_cast<size_t>(group * outputs + k) * taps + tap];
  };
}

// Here a "tap" runs over the output channels and the flipped kernel, and an "output" is an input channel.
auto backward_weight(const ConvShape& shape, const float* weights) {
  return [taps = shape.taps(), area = shape.kernel_h * shape.kernel_w, outputs = shape.group_outputs(),
          weights](int group, int c, int tap) {
    const int k = group * outputs + tap / area;
    const int flipped = area - 1 - tap % area;
    return weights[static_cast<size_t>(k) * taps + c * area + flipped];
  };
}

}  // namespace

void pack_for_forward(const ConvShape& shape, const float* weights, float* packed) {
  pack(shape.groups, shape.group_outputs(), shape.taps(), packed, forward_weight(shape, weights));
}

void pack_for_input_gradient(const ConvShape& shape, const float* weights, float* packed) {
  pack(shape.groups, shape.group_inputs(), shape.group_outputs() * shape.kernel_h * shape.kernel_w, packed,
       backward_weight(shape, weights));
}

size_t packed_pairs(const ConvShape& shape) {
  const int forward = shape.out_channels * 2 * pairs_of(shape.group_inputs());
  const int backward = shape.in_channels * 2 * pairs_of(shape.group_outputs());
  return static_cast<size_t>(std::max(forward, backward)) * shape.kernel_h * shape.kernel_w;
}

void pack_pairs_for_forward(const ConvShape& shape, const float* weights, float* packed) {
  pack_pairs(shape.groups, shape.group_outputs(), shape.group_inputs(), shape.kernel_h * shape.kernel_w,
             packed, forward_weight(shape, weights));
}

void pack_pairs_for_input_gradient(const ConvShape& shape, const float* weights, float* packed) {
  pack_pairs(shape.groups, shape.group_inputs(), shape.group_outputs(), shape.kernel_h * shape.kernel_w,
             packed, backward_weight(shape, weights));
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

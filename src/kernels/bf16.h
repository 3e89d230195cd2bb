// bfloat16, the upper half of a float, as the storage of activations: half the bytes, with a float's range
// and 8 significant bits. Two channels of an image share a 32-bit word, so that the layout of layout.h holds
// with pairs of channels in the place of channels: [ceil(C / 2)][H][W][16]. If C is odd, the last word's
// upper halves are zeros.
//
// Every kernel that takes Bf16Pair computes in floats and rounds to nearest even what it stores. Whoever
// calls one flushes denormal numbers (base/denormals.h), as the processors' own bfloat16 instructions do.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/layout.h"

namespace rung::kernels {

using Bf16Pair = uint32_t;  // the even channel in the lower half

// Channels of an element of activations.
template <typename Element>
inline constexpr int kChannelsOf = 1;
template <>
inline constexpr int kChannelsOf<Bf16Pair> = 2;

// Elements [C][H][W][16] of one block's activations.
template <typename Element>
constexpr size_t block_elements(int channels, int height, int width) {
  return block_floats((channels + kChannelsOf<Element> - 1) / kChannelsOf<Element>, height, width);
}

// The value of the even or odd channel.
constexpr float value_of(Bf16Pair pair, int odd) {
  return std::bit_cast<float>(odd == 0 ? pair << 16 : pair & 0xFFFF0000U);
}
constexpr float value_of(float value, int /*odd*/) {
  return value;
}

// `value` rounded to bfloat16: to nearest, ties to even; large ones to infinity; NaN stays NaN.
constexpr float rounded_to_bf16(float value) {
  if (value != value) return value;
  const auto bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7FFFU + (bits >> 16 & 1U)) & 0xFFFF0000U);
}

// From floats [channels][plane][16] to pairs, and back.
void to_pairs(int channels, size_t plane, const float* values, Bf16Pair* pairs);
void to_floats(int channels, size_t plane, const Bf16Pair* pairs, float* values);

}  // namespace rung::kernels

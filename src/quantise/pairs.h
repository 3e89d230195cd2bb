// Activations of an integer model in the layout of its fast engine: planes (kernels/planes.h) of pairs. A
// 32-bit integer holds the bytes of two channels at a pixel, as 16-bit integers, which one instruction
// multiplies and adds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/planes.h"
#include "quantise/integer_model.h"

namespace rung::quantise {

constexpr int32_t pair_of(uint8_t lower, uint8_t upper) {
  return lower | upper << 16;
}
constexpr std::pair<uint8_t, uint8_t> split(int32_t pair) {
  return {static_cast<uint8_t>(pair), static_cast<uint8_t>(pair >> 16)};
}

// y [planes] becomes pairs of the requantised sums [channels] of the same rows and planes, between the rows
// as well.
void requantise_pairs(const Requantisation& requantisation, const kernels::Planes& sums, const int32_t* x,
                      int32_t* y);

// The maxima over windows of 2 x 2 that tile the plane, from pairs to pairs.
void max_pool_2x2(const kernels::Planes& input, const int32_t* x, const kernels::Planes& output, int32_t* y);

}  // namespace rung::quantise

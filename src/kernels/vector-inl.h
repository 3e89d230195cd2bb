// The vector type of all kernels, masks as bits of a 16-bit word for 16 images, and the sum over lanes.
// Included once per Highway target, hence no #pragma once but Highway's toggling guard.
#if defined(RUNG_KERNELS_VECTOR_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_VECTOR_INL_H
#undef RUNG_KERNELS_VECTOR_INL_H
#else
#define RUNG_KERNELS_VECTOR_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "kernels/layout.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, kLanes>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;
constexpr size_t kVector = hn::MaxLanes(D());

// Lanes part .. part+kVector-1 of the word.
HWY_INLINE M load_bits(const uint16_t* word, size_t part) {
  const auto bits = static_cast<uint16_t>(*word >> part);
  uint8_t bytes[8] = {static_cast<uint8_t>(bits), static_cast<uint8_t>(bits >> 8)};
  if constexpr (kVector < 8) bytes[0] &= (1U << kVector) - 1;
  return hn::LoadMaskBits(D(), bytes);
}

HWY_INLINE void store_bits(M mask, size_t part, uint16_t* word) {
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(D(), mask, bytes);
  const unsigned bits = bytes[0] | static_cast<unsigned>(bytes[1]) << 8;
  if constexpr (kVector == 16) {
    *word = static_cast<uint16_t>(bits);
  } else {
    constexpr unsigned kAll = (1U << kVector) - 1;
    *word = static_cast<uint16_t>((*word & ~(kAll << part)) | bits << part);
  }
}

// The 16 lanes as a tree: i + (i+8), then +4, +2, +1; an order that any vector width can follow.
HWY_INLINE float sum_lanes(const float* lanes) {
  float tree[kLanes / 2];
  for (size_t i = 0; i < kLanes / 2; ++i) tree[i] = lanes[i] + lanes[i + kLanes / 2];
  for (size_t half = kLanes / 4; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) tree[i] += tree[i + half];
  }
  return tree[0];
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

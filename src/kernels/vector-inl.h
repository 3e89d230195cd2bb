// The vector type of all kernels, masks as bits of a 16-bit word for 16 images, and the sum over lanes.
// Included once per Highway target, so Highway's toggling guard replaces #pragma once.
#if defined(RUNG_KERNELS_VECTOR_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_VECTOR_INL_H
#undef RUNG_KERNELS_VECTOR_INL_H
#else
#define RUNG_KERNELS_VECTOR_INL_H
#endif

#include <hwy/cache_control.h>
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

// For pairs of bfloat16, each in the bits of a float: adds the product of the upper halves to `sum`, then
// that of the lower ones, each with one rounding. On Highway's target AVX3_DL that is one instruction (see
// highway_runtime.cc), which Highway 1.0 and GCC's options for that target do not know.
constexpr bool kPairInstruction = HWY_TARGET == HWY_AVX3_DL;
HWY_INLINE V add_pair_products(V a, V b, V sum) {
#if HWY_TARGET == HWY_AVX3_DL
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
  return sum;
#else
  const hn::RebindToUnsigned<D> words;
  const auto upper = [&](V pair) HWY_ATTR {
    return hn::BitCast(D(), hn::And(hn::BitCast(words, pair), hn::Set(words, 0xFFFF0000U)));
  };
  const auto lower = [&](V pair)
                         HWY_ATTR { return hn::BitCast(D(), hn::ShiftLeft<16>(hn::BitCast(words, pair))); };
  return hn::MulAdd(lower(a), lower(b), hn::MulAdd(upper(a), upper(b), sum));
#endif
}

// Prefetches the cache line that holds the lane `elements` after `from`. A batch's activations lie in the
// last-level cache, whose latency the hardware hides for long runs but not for rows of many channels at a
// time. The address may lie past the end, because nothing is read.
template <typename Element>
HWY_INLINE void prefetch(const Element* from, size_t elements) {
  hwy::Prefetch(from + elements);
}

// Lanes part .. part+kVector-1 of the word.
HWY_INLINE M load_bits(const uint16_t* word, size_t part) {
  uint64_t bits = static_cast<uint64_t>(*word) >> part;
  if constexpr (kVector < 8) bits &= (1U << kVector) - 1;
  return hn::LoadMaskBits(D(),
                          reinterpret_cast<const uint8_t*>(&bits));  // 8 bytes, the first lane's bit lowest
}

HWY_INLINE void store_bits(M mask, size_t part, uint16_t* word) {
  uint64_t bits = 0;
  hn::StoreMaskBits(D(), mask, reinterpret_cast<uint8_t*>(&bits));
  if constexpr (kVector == kLanes) {
    *word = static_cast<uint16_t>(bits);
  } else {
    constexpr uint64_t kAll = (1U << kVector) - 1;
    *word = static_cast<uint16_t>((*word & ~(kAll << part)) | bits << part);
  }
}

// Where relu gives zero and passes no gradient. False for NaN, which must not be hidden.
HWY_INLINE M not_positive(V x) {
  return hn::Le(x, hn::Zero(D()));
}

// Sums over the 16 lanes of a row are formed as a tree of neighbours, ((0+1)+(2+3)) + ..., which vectors of
// every width can follow: all targets give the same bits.

// Neighbouring lanes' sums: those of `low`, then those of `high`.
HWY_INLINE V sum_neighbours(V low, V high) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Add(low, high);
#else
  const D d;
  return hn::Add(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low));
#endif
}

// The sums of kVector rows of 16 lanes; vector(j) is the j-th vector of the rows.
template <typename Vector>
HWY_INLINE V sum_rows(Vector vector) {
  V level[kLanes];
  for (size_t j = 0; j < kLanes; ++j) level[j] = vector(j);
  for (size_t left = kLanes / 2; left > 0; left /= 2) {
    for (size_t j = 0; j < left; ++j) level[j] = sum_neighbours(level[2 * j], level[2 * j + 1]);
  }
  return level[0];
}

// sums[r] = the sum of the 16 lanes of rows[r], r < count. There is memory for a multiple of kVector rows.
HWY_INLINE void sum_lanes(const float* rows, size_t count, float* sums) {
  const D d;
  const auto sum = [&](const float* from) HWY_ATTR {
    return sum_rows([&](size_t j) HWY_ATTR { return hn::Load(d, from + j * kVector); });
  };
  size_t row = 0;
  for (; row + kVector <= count; row += kVector) hn::StoreU(sum(rows + row * kLanes), d, sums + row);
  if (row == count) return;
  alignas(64) float last[kVector];
  hn::Store(sum(rows + row * kLanes), d, last);
  for (size_t i = 0; row + i < count; ++i) sums[row + i] = last[i];
}

// The same tree for one row.
HWY_INLINE float sum_lanes(const float* row) {
  float tree[kLanes];
  for (size_t i = 0; i < kLanes; ++i) tree[i] = row[i];
  for (size_t left = kLanes / 2; left > 0; left /= 2) {
    for (size_t i = 0; i < left; ++i) tree[i] = tree[2 * i] + tree[2 * i + 1];
  }
  return tree[0];
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

// Philox4x32-7 with one counter per 64-bit lane: a 32x32 -> 64 bit multiply then needs no shuffling, because
// it uses only the low half of a lane. Even and odd images sit in two vectors and are interleaved at the end.
#include "kernels/dropout.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dropout.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

void fill_bits(const DropoutStream& stream, uint16_t threshold, size_t elements, uint16_t* bits) {
  reference::dropout_bits(stream, threshold, elements, bits);
}

#else

using D32 = hn::RebindToUnsigned<D>;
using D64 = hn::Repartition<uint64_t, D32>;
using D16 = hn::Repartition<uint16_t, D32>;
using DI16 = hn::RebindToSigned<D16>;
using V32 = hn::Vec<D32>;

struct Words {
  V32 word[4];  // in the even lanes; the odd ones are undefined
};

// The high half of each product, in the even lanes.
HWY_INLINE V32 high_half(V32 product) {
  return hn::Shuffle2301(product);  // not a shift, which shares the multiplication's port
}

HWY_INLINE V32 multiply(V32 a, uint32_t b) {
  const D32 d;
  return hn::BitCast(d, hn::MulEven(a, hn::Set(d, b)));
}

// The keys of all rounds, broadcast once.
struct Keys {
  explicit HWY_INLINE Keys(PhiloxKey key) {
    for (auto& round : rounds) {
      round[0] = hn::Set(D32(), key[0]);
      round[1] = hn::Set(D32(), key[1]);
      key[0] += kPhiloxWeyl0;
      key[1] += kPhiloxWeyl1;
    }
  }
  V32 rounds[kPhiloxFastRounds][2];
};

HWY_INLINE Words philox(V32 first_word, const DropoutStream& stream, const Keys& keys) {
  const D32 d;
  Words c{{first_word, hn::Set(d, stream.block), hn::Set(d, stream.epoch), hn::Set(d, stream.purpose)}};
  for (const auto& key : keys.rounds) {
    const V32 product0 = multiply(c.word[0], kPhiloxMultiplier0);
    const V32 product1 = multiply(c.word[2], kPhiloxMultiplier1);
    c = {{hn::Xor3(high_half(product1), c.word[1], key[0]), product1,
          hn::Xor3(high_half(product0), c.word[3], key[1]), product0}};
  }
  return c;
}

// One octet of 8 elements. A vector of 32-bit lanes holds kVector counters; compared as 16-bit lanes it gives
// twice as many bits, which are the images of one element (two elements with 512-bit vectors).
HWY_INLINE void fill_octet(const DropoutStream& stream, const Keys& keys, V32 lanes, size_t octet,
                           uint16_t threshold, uint16_t* bits) {
  const D32 d32;
  const D16 d16;
  const DI16 di16;
  const auto sign = hn::Set(d16, 0x8000);  // only signed comparisons exist on every target
  const auto limit = hn::BitCast(di16, hn::Xor(hn::Set(d16, threshold), sign));
  auto* bytes = reinterpret_cast<uint8_t*>(bits);
  for (size_t part = 0; part < kLanes; part += kVector) {
    const V32 even = hn::Add(
        lanes,
        hn::Set(d32, static_cast<uint32_t>(octet * kLanes + part)));  // its odd lanes are the odd counters
    const Words low = philox(even, stream, keys);
    const Words high = philox(high_half(even), stream, keys);
    for (size_t w = 0; w < 4; ++w) {
      const V32 random = hn::OddEven(high_half(high.word[w]), low.word[w]);
      const auto signed_random = hn::BitCast(di16, hn::Xor(hn::BitCast(d16, random), sign));
      uint8_t kept[8];  // StoreMaskBits may write to all of them
      hn::StoreMaskBits(di16, hn::Not(hn::Gt(limit, signed_random)), kept);
      std::memcpy(bytes + 4 * w + part / 4, kept, kVector / 4);
    }
  }
}

void fill_bits(const DropoutStream& stream, uint16_t threshold, size_t elements, uint16_t* bits) {
  const Keys keys(stream.key);
  const V32 lanes = hn::Iota(D32(), 0);
  size_t octet = 0;
  for (; (octet + 1) * 8 <= elements; ++octet)
    fill_octet(stream, keys, lanes, octet, threshold, bits + octet * 8);
  if (octet * 8 == elements) return;
  uint16_t last[8];
  fill_octet(stream, keys, lanes, octet, threshold, last);
  for (size_t i = octet * 8; i < elements; ++i) bits[i] = last[i % 8];
}

#endif

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(fill_bits);

void dropout_bits(const DropoutStream& stream, uint16_t threshold, size_t elements, uint16_t* bits) {
  HWY_DYNAMIC_DISPATCH(fill_bits)(stream, threshold, elements, bits);
}

// From the last channel to the first, so that no channel's word is overwritten before it is spread.
void channel_dropout_bits(const DropoutStream& stream, uint16_t threshold, size_t channels, size_t plane,
                          uint16_t* bits) {
  dropout_bits(stream, threshold, channels, bits);
  for (size_t channel = channels; channel-- > 0;) {
    const uint16_t word = bits[channel];
    std::fill_n(bits + channel * plane, plane, word);
  }
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

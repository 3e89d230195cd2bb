// Philox4x32-10 for one counter a 64-bit lane: a 32x32 -> 64 bit multiply then needs no shuffling, because
// only the low half of a lane is ever used. Even and odd images sit in two vectors and are interleaved at the
// end.
#include "kernels/dropout.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dropout.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

using D32 = hn::RebindToUnsigned<D>;
using D64 = hn::Repartition<uint64_t, D32>;
using V32 = hn::Vec<D32>;
using V64 = hn::Vec<D64>;

struct Words {
  V64 word[4];  // in the low half of each lane; the high half is undefined
};

HWY_INLINE V64 multiply(V64 a, uint32_t b) {
  const D32 d32;
  return hn::MulEven(hn::BitCast(d32, a), hn::Set(d32, b));
}

HWY_INLINE Words philox(V64 first_word, const DropoutStream& stream) {
  const D64 d;
  Words c{{first_word, hn::Set(d, stream.group), hn::Set(d, stream.epoch), hn::Set(d, stream.purpose)}};
  PhiloxKey key = stream.key;
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const V64 product0 = multiply(c.word[0], kPhiloxMultiplier0);
    const V64 product1 = multiply(c.word[2], kPhiloxMultiplier1);
    const V64 key0 = hn::Set(d, key[0]);
    const V64 key1 = hn::Set(d, key[1]);
    c = {{hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c.word[1]), key0), product1,
          hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c.word[3]), key1), product0}};
    key[0] += kPhiloxWeyl0;
    key[1] += kPhiloxWeyl1;
  }
  return c;
}

void fill_bits(const DropoutStream& stream, uint32_t threshold, size_t elements, uint16_t* bits) {
  const D32 d32;
  const D64 d64;
  const hn::RebindToSigned<D32> di;  // 16-bit values compare alike as signed
  const auto limit = hn::Set(di, static_cast<int32_t>(threshold) - 1);
  for (size_t block = 0; block * 8 < elements; ++block) {
    uint16_t words[8] = {};
    for (size_t part = 0; part < kLanes; part += kVector) {
      // 64-bit lane i holds the counters of images part + 2i and part + 2i + 1.
      const V64 even = hn::Add(hn::Set(d64, block * kLanes + part), hn::ShiftLeft<1>(hn::Iota(d64, 0)));
      const Words low = philox(even, stream);
      const Words high = philox(hn::Add(even, hn::Set(d64, 1)), stream);
      for (int w = 0; w < 4; ++w) {
        const V32 random =
            hn::OddEven(hn::BitCast(d32, hn::ShiftLeft<32>(high.word[w])), hn::BitCast(d32, low.word[w]));
        const auto low_half = hn::BitCast(di, hn::And(random, hn::Set(d32, 0xFFFF)));
        const auto high_half = hn::BitCast(di, hn::ShiftRight<16>(random));
        store_bits(hn::RebindMask(D(), hn::Gt(low_half, limit)), part, words + 2 * w);
        store_bits(hn::RebindMask(D(), hn::Gt(high_half, limit)), part, words + 2 * w + 1);
      }
    }
    for (size_t i = 0; i < 8 && block * 8 + i < elements; ++i) bits[block * 8 + i] = words[i];
  }
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(fill_bits);

void dropout_bits(const DropoutStream& stream, uint32_t threshold, size_t elements, uint16_t* bits) {
  HWY_DYNAMIC_DISPATCH(fill_bits)(stream, threshold, elements, bits);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

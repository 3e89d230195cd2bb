// Loads and stores of activations, whose elements are floats or pairs of bfloat16. Included once per Highway
// target, like vector-inl.h.
#if defined(RUNG_KERNELS_ELEMENTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_ELEMENTS_INL_H
#undef RUNG_KERNELS_ELEMENTS_INL_H
#else
#define RUNG_KERNELS_ELEMENTS_INL_H
#endif

#include "kernels/bf16.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {

// An element of kVector images: a vector for each of its channels.
template <typename Element>
struct Values {
  V of[kChannelsOf<Element>];
};

// Element by element of a channel: f(0), and f(1) for the odd one of a pair.
template <typename Element, typename F>
HWY_INLINE Values<Element> values(F f) {
  if constexpr (kChannelsOf<Element> == 1) {
    return {{f(0)}};
  } else {
    return {{f(0), f(1)}};
  }
}

HWY_INLINE Values<float> load(const float* from) {
  return {{hn::Load(D(), from)}};
}

HWY_INLINE Values<Bf16Pair> load(const Bf16Pair* from) {
  const D d;
  const hn::RebindToUnsigned<D> words;
  const auto pair = hn::Load(words, from);
  return {
      {hn::BitCast(d, hn::ShiftLeft<16>(pair)), hn::BitCast(d, hn::And(pair, hn::Set(words, 0xFFFF0000U)))}};
}

HWY_INLINE void store(const Values<float>& values, float* to) {
  hn::Store(values.of[0], D(), to);
}

// The word whose upper half is the value rounded to nearest, ties to even. The NaNs that arithmetic makes of
// numbers and of bfloat16 stay NaNs.
HWY_INLINE auto rounded_word(V value) {
  const hn::RebindToUnsigned<D> words;
  const auto bits = hn::BitCast(words, value);
  const auto is_odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(words, 1));
  return hn::Add(hn::Add(bits, hn::Set(words, 0x7FFF)), is_odd);
}

HWY_INLINE void store(const Values<Bf16Pair>& values, Bf16Pair* to) {
  const hn::RebindToUnsigned<D> words;
#if HWY_TARGET == HWY_AVX3_DL
  // The even channel's 16 halves, then the odd one's, which are then interleaved.
  __m512i halves;
  asm("vcvtne2ps2bf16 %2, %1, %0" : "=v"(halves) : "v"(values.of[1].raw), "v"(values.of[0].raw));
  alignas(64) static constexpr uint16_t kInterleaved[2 * kLanes] = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  _mm512_store_si512(to, _mm512_permutexvar_epi16(_mm512_load_si512(kInterleaved), halves));
#else
  const auto even = hn::ShiftRight<16>(rounded_word(values.of[0]));
  const auto odd = hn::And(rounded_word(values.of[1]), hn::Set(words, 0xFFFF0000U));
  hn::Store(hn::Or(even, odd), words, to);
#endif
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

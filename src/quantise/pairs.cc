// Products have 62 bits, and a lane has 64, so even and odd lanes are requantised one after the other.
#include "quantise/pairs.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quantise/pairs.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

void requantise(int32_t multiplier, const quantise::Requantisation& r, const int32_t* sums, size_t count,
                int32_t* y) {
  for (size_t i = 0; i < count; ++i) y[i] = quantise::requantise(sums[i], multiplier, r.shift, r.zero);
}

#else

using I32 = hn::CappedTag<int32_t, kLanes>;
using I64 = hn::Repartition<int64_t, I32>;
using U64 = hn::Repartition<uint64_t, I32>;

// shifted() of the products of the even lanes, in their places.
HWY_INLINE hn::Vec<I64> even_lanes(hn::Vec<I32> sums, hn::Vec<I32> multiplier, hn::Vec<I64> offset,
                                   int shift) {
  const I64 d;
  const U64 bits;
  const auto value = hn::Add(hn::MulEven(sums, multiplier), offset);
  const auto positive = hn::IfThenElseZero(hn::Gt(value, hn::Zero(d)), value);
  const auto result = hn::BitCast(d, hn::ShiftRightSame(hn::BitCast(bits, positive), shift));
  const auto largest = hn::Set(d, int64_t{quantise::kLargest});
  return hn::IfThenElse(hn::Gt(result, largest), largest, result);
}

// For shifts of at least 32: the upper halves of the sums hold all digits that remain.
HWY_INLINE hn::Vec<I32> all_lanes(hn::Vec<I32> sums, hn::Vec<I32> multiplier, hn::Vec<I64> offset,
                                  int shift) {
  const I32 d;
  const U64 bits;
  const auto odd = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(bits, sums)));
  const auto of_even = hn::Add(hn::MulEven(sums, multiplier), offset);
  const auto of_odd = hn::Add(hn::MulEven(odd, multiplier), offset);
  const auto upper_of_even = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(bits, of_even)));
  const auto upper = hn::OddEven(hn::BitCast(d, of_odd), upper_of_even);
  const auto result = hn::ShiftRightSame(upper, shift - 32);
  return hn::Min(hn::Max(result, hn::Zero(d)), hn::Set(d, quantise::kLargest));
}

void requantise(int32_t multiplier, const quantise::Requantisation& r, const int32_t* sums, size_t count,
                int32_t* y) {
  const I32 d;
  const I64 wide;
  const U64 bits;
  const auto factor = hn::Set(d, multiplier);
  const auto offset = hn::Set(wide, quantise::rounding_offset(r.shift, r.zero));
  if (r.shift >= 32) {
    for (size_t i = 0; i < count; i += hn::Lanes(d))
      hn::StoreU(all_lanes(hn::LoadU(d, sums + i), factor, offset, r.shift), d, y + i);
    return;
  }
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto all = hn::LoadU(d, sums + i);
    const auto odd = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(bits, all)));
    const auto lower = even_lanes(all, factor, offset, r.shift);
    const auto upper = even_lanes(odd, factor, offset, r.shift);
    const auto both = hn::Or(hn::BitCast(bits, lower), hn::ShiftLeft<32>(hn::BitCast(bits, upper)));
    hn::StoreU(hn::BitCast(d, both), d, y + i);
  }
}

#endif

// y |= x << 16
void add_upper(const int32_t* x, size_t count, int32_t* y) {
  const hn::CappedTag<int32_t, kLanes> d;
  for (size_t i = 0; i < count; i += hn::Lanes(d))
    hn::StoreU(hn::Or(hn::LoadU(d, y + i), hn::ShiftLeft<16>(hn::LoadU(d, x + i))), d, y + i);
}

void requantise_all(const quantise::Requantisation& r, const Planes& sums, const int32_t* x, int32_t* y) {
  constexpr size_t kPiece = 16 * kLanes;  // stays in registers' reach
  alignas(64) int32_t upper[kPiece];
  const auto channels = static_cast<size_t>(sums.channels);
  for (size_t c = 0; c < channels; c += 2, x += 2 * sums.plane, y += sums.plane) {
    for (size_t at = 0; at < sums.plane; at += kPiece) {
      const size_t count = at + kPiece < sums.plane ? kPiece : sums.plane - at;
      requantise(r.of_channel(c), r, x + at, count, y + at);
      if (c + 1 == channels) continue;
      requantise(r.of_channel(c + 1), r, x + sums.plane + at, count, upper);
      add_upper(upper, count, y + at);
    }
  }
}

// Bytes are positive as 16-bit integers, and two of them as 32-bit ones.
template <typename Vector>
HWY_INLINE Vector larger_halves(Vector a, Vector b) {
  const hn::DFromV<Vector> d;
#if HWY_TARGET == HWY_SCALAR
  const auto lower = hn::Set(d, 0xFFFF);
  return hn::Or(hn::Max(hn::And(a, lower), hn::And(b, lower)),
                hn::Max(hn::AndNot(lower, a), hn::AndNot(lower, b)));
#else
  const hn::Repartition<int16_t, decltype(d)> halves;
  return hn::BitCast(d, hn::Max(hn::BitCast(halves, a), hn::BitCast(halves, b)));
#endif
}

void max_2x2(const Planes& input, const int32_t* x, const Planes& output, int32_t* y) {
  const hn::CappedTag<int32_t, kLanes> d;
  for (int pair = 0; pair < output.channels; ++pair) {
    for (int row = 0; row < output.height; ++row) {
      const int32_t* upper = x + input.at(pair, 2 * row, 0);
      const int32_t* lower = upper + input.row;
      int32_t* to = y + output.at(pair, row, 0);
      for (size_t at = 0; at < static_cast<size_t>(output.width); at += hn::Lanes(d)) {
        hn::Vec<decltype(d)> first;
        hn::Vec<decltype(d)> second;
        hn::Vec<decltype(d)> third;
        hn::Vec<decltype(d)> fourth;
        hn::LoadInterleaved2(d, upper + 2 * at, first, second);
        hn::LoadInterleaved2(d, lower + 2 * at, third, fourth);
        hn::StoreU(larger_halves(larger_halves(first, second), larger_halves(third, fourth)), d, to + at);
      }
    }
  }
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(requantise_all);
HWY_EXPORT(max_2x2);

}  // namespace rung::kernels

namespace rung::quantise {

void requantise_pairs(const Requantisation& requantisation, const kernels::Planes& sums, const int32_t* x,
                      int32_t* y) {
  using namespace kernels;  // NOLINT(google-build-using-namespace): where the targets are exported
  HWY_DYNAMIC_DISPATCH(requantise_all)(requantisation, sums, x, y);
}

void max_pool_2x2(const kernels::Planes& input, const int32_t* x, const kernels::Planes& output, int32_t* y) {
  using namespace kernels;  // NOLINT(google-build-using-namespace): where the targets are exported
  HWY_DYNAMIC_DISPATCH(max_2x2)(input, x, output, y);
}

}  // namespace rung::quantise
#endif  // HWY_ONCE

// Scale, dropout, sum, relu and pooling in one pass. Windows of 1 (no pooling) and 2 are compiled with
// constant bounds; other sizes run the same code with bounds read at run time.
#include "kernels/activation.h"

#include "base/require.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/activation-inl.h"
#include "kernels/functions-inl.h"
#include "kernels/maximum-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// The same with dropout and the sum.
template <bool kBits, bool kAdded>
struct Elements {
  Elements(const ActivationShape& s, const ActivationInput& input, uint16_t* all_bits, size_t c)
      : scaled(s, input, c) {
    if constexpr (kBits) bits = all_bits + c * s.plane();
    if constexpr (kAdded) added = input.added + c * s.plane() * kLanes;
  }

  HWY_INLINE V value(size_t index, size_t part) const {
    V value = scaled.value(index, part);
    if constexpr (kBits) value = hn::IfThenElseZero(load_bits(bits + index, part), value);
    if constexpr (kAdded) value = hn::Add(value, hn::Load(D(), added + index * kLanes + part));
    return value;
  }

  // The rectified value; clears the bits where it is zero.
  HWY_INLINE V rectified_value(size_t index, size_t part) const {
    const V input = value(index, part);
    const M off = not_positive(input);
    if constexpr (kBits) store_bits(hn::AndNot(off, load_bits(bits + index, part)), part, bits + index);
    return hn::IfThenZeroElse(off, input);
  }

  HWY_INLINE void prefetch_ahead(size_t index) const {
    prefetch(scaled.x + index * kLanes, kAhead);
    if constexpr (kAdded) prefetch(added + index * kLanes, kAhead);
  }

  Scaled scaled;
  const float* added = nullptr;
  uint16_t* bits = nullptr;
};

// One window of a max pooling; the first maximum in row order takes the gradient. Relu after the maximum
// equals relu before it: where the maximum is not positive, no gradient passes.
template <int kSide, bool kRelu, bool kBits, bool kAdded>
HWY_INLINE V max_window(const Elements<kBits, kAdded>& elements, size_t first, size_t row, int pool_h,
                        int pool_w, size_t part) {
  const D d;
  V values[kSide == 0 ? 1 : kSide * kSide];  // for a known side; otherwise computed twice
  const auto index_of = [&](int i) {
    return first + static_cast<size_t>(i / pool_w) * row + static_cast<size_t>(i % pool_w);
  };
  V best = elements.value(first, part);
  values[0] = best;
  for (int i = 1; i < pool_h * pool_w; ++i) {
    const V value = elements.value(index_of(i), part);
    if constexpr (kSide != 0) values[i] = value;
    best = maximum(best, value);
  }
  const M off = not_positive(best);
  if constexpr (kBits) {
    M taken = kRelu ? off : hn::MaskFromVec(hn::Zero(d));
    for (int i = 0; i < pool_h * pool_w; ++i) {
      uint16_t* word = elements.bits + index_of(i);
      const V value = kSide == 0 ? elements.value(index_of(i), part) : values[kSide == 0 ? 0 : i];
      const M wins = hn::AndNot(taken, hn::Eq(value, best));
      taken = hn::Or(taken, wins);
      store_bits(hn::And(wins, load_bits(word, part)), part, word);
    }
  }
  return kRelu ? hn::IfThenZeroElse(off, best) : best;
}

// One window of an average pooling.
template <bool kRelu, bool kBits, bool kAdded>
HWY_INLINE V mean_window(const Elements<kBits, kAdded>& elements, size_t first, size_t row, int pool_h,
                         int pool_w, V one_over_area, size_t part) {
  V sum = hn::Zero(D());
  for (size_t y = 0; y < static_cast<size_t>(pool_h); ++y) {
    for (size_t x = 0; x < static_cast<size_t>(pool_w); ++x) {
      const size_t index = first + y * row + x;
      sum = hn::Add(sum, kRelu ? elements.rectified_value(index, part) : elements.value(index, part));
    }
  }
  return hn::Mul(sum, one_over_area);
}

// A window reads several rows at once; the hardware prefetches only a single run.
template <bool kBits, bool kAdded>
HWY_INLINE void prefetch_window(const Elements<kBits, kAdded>& elements, size_t first, size_t row, int pool_h,
                                int pool_w) {
  for (size_t y = 0; y < static_cast<size_t>(pool_h); ++y) {
    for (size_t x = 0; x < static_cast<size_t>(pool_w); ++x) elements.prefetch_ahead(first + y * row + x);
  }
}

template <bool kMax, int kSide, bool kRelu, bool kBits, bool kAdded>
void pool_channel(const ActivationShape& s, const Elements<kBits, kAdded>& elements, float* y) {
  const D d;
  const int pool_h = kSide == 0 ? s.pool_h : kSide;
  const int pool_w = kSide == 0 ? s.pool_w : kSide;
  const auto row = static_cast<size_t>(s.width);
  const V one_over_area = hn::Set(d, 1.0F / static_cast<float>(pool_h * pool_w));
  for (int py = 0; py < s.out_height(); ++py) {
    for (int px = 0; px < s.out_width(); ++px, y += kLanes) {
      const size_t first = static_cast<size_t>(py) * pool_h * row + static_cast<size_t>(px) * pool_w;
      prefetch_window(elements, first, row, pool_h, pool_w);
      for (size_t part = 0; part < kLanes; part += kVector) {
        const V out = kMax ? max_window<kSide, kRelu>(elements, first, row, pool_h, pool_w, part)
                           : mean_window<kRelu>(elements, first, row, pool_h, pool_w, one_over_area, part);
        hn::Store(out, d, y + part);
      }
    }
  }
}

template <bool kRelu, bool kBits, bool kAdded>
void channel_without_pooling(size_t plane, const Elements<kBits, kAdded>& elements, float* y) {
  for (size_t index = 0; index < plane; ++index, y += kLanes) {
    elements.prefetch_ahead(index);
    prefetch(y, kAhead);
    for (size_t part = 0; part < kLanes; part += kVector)
      hn::Store(kRelu ? elements.rectified_value(index, part) : elements.value(index, part), D(), y + part);
  }
}

void function_forward(const ActivationShape& s, const ActivationInput& input, uint16_t* bits, float* y) {
  const size_t plane = s.plane();
  visit_function(*s.function, [&]<typename F>(F /*row*/) {
    with_bool(bits != nullptr, [&]<bool kBits>() {
      for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
        const Elements<kBits, false> elements(s, input, bits, c);
        for (size_t index = 0; index < plane; ++index, y += kLanes) {
          elements.prefetch_ahead(index);
          prefetch(y, kAhead);
          for (size_t part = 0; part < kLanes; part += kVector)
            hn::Store(value_of<F>(elements.value(index, part)), D(), y + part);
        }
      }
    });
  });
}

void forward(const ActivationShape& s, const ActivationInput& input, uint16_t* bits, float* y) {
  if (s.function) return function_forward(s, input, bits, y);
  const size_t plane = s.plane();
  const size_t out_plane = block_floats(1, s.out_height(), s.out_width());
  with_bool(s.relu, [&]<bool kRelu>() {
    with_bool(bits != nullptr, [&]<bool kBits>() {
      with_bool(input.added != nullptr, [&]<bool kAdded>() {
        for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c, y += out_plane) {
          const Elements<kBits, kAdded> elements(s, input, bits, c);
          if (s.pooling == Pooling::kNone) {
            channel_without_pooling<kRelu>(plane, elements, y);
            continue;
          }
          with_bool(s.pooling == Pooling::kMax, [&]<bool kMax>() {
            with_window(s, [&]<int kSide>() { pool_channel<kMax, kSide, kRelu>(s, elements, y); });
          });
        }
      });
    });
  });
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(forward);

void activation_forward(const ActivationShape& shape, const ActivationInput& input, uint16_t* bits,
                        float* y) {
  RUNG_REQUIRE(!shape.function || (!shape.gates() && shape.pooling == Pooling::kNone && !input.added));
  HWY_DYNAMIC_DISPATCH(forward)(shape, input, bits, y);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

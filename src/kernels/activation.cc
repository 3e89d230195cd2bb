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
template <typename Element, bool kBits, bool kAdded>
struct Elements {
  Elements(const ActivationShape& s, const ActivationInputOf<Element>& input, uint16_t* all_bits, size_t c,
           size_t first)
      : scaled(input, c, first), plane(s.plane()) {
    if constexpr (kBits) bits = all_bits + c * plane;
    if constexpr (kAdded) added = input.added + first;
  }

  HWY_INLINE uint16_t* word(size_t channel, size_t index) const { return bits + channel * plane + index; }

  HWY_INLINE Values<Element> value(size_t index, size_t part) const {
    Values<Element> value = scaled.value(index, part);
    if constexpr (kBits) {
      value = values<Element>([&](size_t i) HWY_ATTR {
        return hn::IfThenElseZero(load_bits(word(i, index), part), value.of[i]);
      });
    }
    if constexpr (kAdded) {
      const Values<Element> more = load(added + index * kLanes + part);
      value = values<Element>([&](size_t i) HWY_ATTR { return hn::Add(value.of[i], more.of[i]); });
    }
    return value;
  }

  // The rectified value; clears the bits where it is zero.
  HWY_INLINE Values<Element> rectified_value(size_t index, size_t part) const {
    const Values<Element> input = value(index, part);
    return values<Element>([&](size_t i) HWY_ATTR {
      const M off = not_positive(input.of[i]);
      if constexpr (kBits) store_bits(hn::AndNot(off, load_bits(word(i, index), part)), part, word(i, index));
      return hn::IfThenZeroElse(off, input.of[i]);
    });
  }

  HWY_INLINE void prefetch_ahead(size_t index) const {
    prefetch(scaled.x + index * kLanes, kAhead);
    if constexpr (kAdded) prefetch(added + index * kLanes, kAhead);
  }

  Scaled<Element> scaled;
  size_t plane;
  const Element* added = nullptr;
  uint16_t* bits = nullptr;
};

// One window of a max pooling; the first maximum in row order takes the gradient. Relu after the maximum
// equals relu before it: where the maximum is not positive, no gradient passes.
template <int kSide, bool kRelu, typename Element, bool kBits, bool kAdded>
HWY_INLINE Values<Element> max_window(const Elements<Element, kBits, kAdded>& elements, size_t first,
                                      size_t row, int pool_h, int pool_w, size_t part) {
  const D d;
  Values<Element> inputs[kSide == 0 ? 1 : kSide * kSide];  // for a known side; otherwise computed twice
  const auto index_of = [&](int i) {
    return first + static_cast<size_t>(i / pool_w) * row + static_cast<size_t>(i % pool_w);
  };
  Values<Element> best = elements.value(first, part);
  inputs[0] = best;
  for (int i = 1; i < pool_h * pool_w; ++i) {
    const Values<Element> input = elements.value(index_of(i), part);
    if constexpr (kSide != 0) inputs[i] = input;
    best = values<Element>([&](size_t c) HWY_ATTR { return maximum(best.of[c], input.of[c]); });
  }
  return values<Element>([&](size_t c) HWY_ATTR {
    const M off = not_positive(best.of[c]);
    if constexpr (kBits) {
      M taken = kRelu ? off : hn::MaskFromVec(hn::Zero(d));
      for (int i = 0; i < pool_h * pool_w; ++i) {
        uint16_t* word = elements.word(c, index_of(i));
        const V input =
            kSide == 0 ? elements.value(index_of(i), part).of[c] : inputs[kSide == 0 ? 0 : i].of[c];
        const M wins = hn::AndNot(taken, hn::Eq(input, best.of[c]));
        taken = hn::Or(taken, wins);
        store_bits(hn::And(wins, load_bits(word, part)), part, word);
      }
    }
    return kRelu ? hn::IfThenZeroElse(off, best.of[c]) : best.of[c];
  });
}

// One window of an average pooling.
template <bool kRelu, typename Element, bool kBits, bool kAdded>
HWY_INLINE Values<Element> mean_window(const Elements<Element, kBits, kAdded>& elements, size_t first,
                                       size_t row, int pool_h, int pool_w, V one_over_area, size_t part) {
  Values<Element> sum = values<Element>([](size_t /*i*/) HWY_ATTR { return hn::Zero(D()); });
  for (size_t y = 0; y < static_cast<size_t>(pool_h); ++y) {
    for (size_t x = 0; x < static_cast<size_t>(pool_w); ++x) {
      const size_t index = first + y * row + x;
      const Values<Element> input =
          kRelu ? elements.rectified_value(index, part) : elements.value(index, part);
      sum = values<Element>([&](size_t i) HWY_ATTR { return hn::Add(sum.of[i], input.of[i]); });
    }
  }
  return values<Element>([&](size_t i) HWY_ATTR { return hn::Mul(sum.of[i], one_over_area); });
}

// A window reads several rows at once; the hardware prefetches only a single run.
template <typename AnyElements>
HWY_INLINE void prefetch_window(const AnyElements& elements, size_t first, size_t row, int pool_h,
                                int pool_w) {
  for (size_t y = 0; y < static_cast<size_t>(pool_h); ++y) {
    for (size_t x = 0; x < static_cast<size_t>(pool_w); ++x) elements.prefetch_ahead(first + y * row + x);
  }
}

template <bool kMax, int kSide, bool kRelu, typename Element, bool kBits, bool kAdded>
void pool_plane(const ActivationShape& s, const Elements<Element, kBits, kAdded>& elements, Element* y) {
  const int pool_h = kSide == 0 ? s.pool_h : kSide;
  const int pool_w = kSide == 0 ? s.pool_w : kSide;
  const auto row = static_cast<size_t>(s.width);
  const V one_over_area = hn::Set(D(), 1.0F / static_cast<float>(pool_h * pool_w));
  for (int py = 0; py < s.out_height(); ++py) {
    for (int px = 0; px < s.out_width(); ++px, y += kLanes) {
      const size_t first = static_cast<size_t>(py) * pool_h * row + static_cast<size_t>(px) * pool_w;
      prefetch_window(elements, first, row, pool_h, pool_w);
      for (size_t part = 0; part < kLanes; part += kVector) {
        store(kMax ? max_window<kSide, kRelu>(elements, first, row, pool_h, pool_w, part)
                   : mean_window<kRelu>(elements, first, row, pool_h, pool_w, one_over_area, part),
              y + part);
      }
    }
  }
}

template <bool kRelu, typename Element, bool kBits, bool kAdded>
void plane_without_pooling(const Elements<Element, kBits, kAdded>& elements, Element* y) {
  for (size_t index = 0; index < elements.plane; ++index, y += kLanes) {
    elements.prefetch_ahead(index);
    prefetch(y, kAhead);
    for (size_t part = 0; part < kLanes; part += kVector)
      store(kRelu ? elements.rectified_value(index, part) : elements.value(index, part), y + part);
  }
}

template <typename Element>
void function_forward(const ActivationShape& s, const ActivationInputOf<Element>& input, uint16_t* bits,
                      Element* y) {
  const size_t plane = s.plane();
  visit_function(*s.function, [&]<typename F>(F /*row*/) {
    with_bool(bits != nullptr, [&]<bool kBits>() {
      for_each_plane<Element>(s.channels, plane, [&](size_t c, size_t first) {
        const Elements<Element, kBits, false> elements(s, input, bits, c, first);
        Element* to = y + first;
        for (size_t index = 0; index < plane; ++index, to += kLanes) {
          elements.prefetch_ahead(index);
          prefetch(to, kAhead);
          for (size_t part = 0; part < kLanes; part += kVector) {
            const Values<Element> in = elements.value(index, part);
            store(values<Element>([&](size_t i) HWY_ATTR { return value_of<F>(in.of[i]); }), to + part);
          }
        }
      });
    });
  });
}

template <typename Element>
void forward(const ActivationShape& s, const ActivationInputOf<Element>& input, uint16_t* bits, Element* y) {
  if (s.function) return function_forward(s, input, bits, y);
  const size_t out_plane = block_floats(1, s.out_height(), s.out_width());
  with_bool(s.relu, [&]<bool kRelu>() {
    with_bool(bits != nullptr, [&]<bool kBits>() {
      with_bool(input.added != nullptr, [&]<bool kAdded>() {
        Element* to = y;
        for_each_plane<Element>(s.channels, s.plane(), [&](size_t c, size_t first) {
          const Elements<Element, kBits, kAdded> elements(s, input, bits, c, first);
          if (s.pooling == Pooling::kNone) {
            plane_without_pooling<kRelu>(elements, to);
          } else {
            with_bool(s.pooling == Pooling::kMax, [&]<bool kMax>() {
              with_window(s, [&]<int kSide>() { pool_plane<kMax, kSide, kRelu>(s, elements, to); });
            });
          }
          to += out_plane;
        });
      });
    });
  });
}

void forward_floats(const ActivationShape& s, const ActivationInput& input, uint16_t* bits, float* y) {
  forward(s, input, bits, y);
}
void forward_pairs(const ActivationShape& s, const ActivationInputOf<Bf16Pair>& input, uint16_t* bits,
                   Bf16Pair* y) {
  forward(s, input, bits, y);
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(forward_floats);
HWY_EXPORT(forward_pairs);

namespace {

bool fits_function(const ActivationShape& shape, bool adds) {
  return !shape.function || (!shape.gates() && shape.pooling == Pooling::kNone && !adds);
}

}  // namespace

void activation_forward(const ActivationShape& shape, const ActivationInput& input, uint16_t* bits,
                        float* y) {
  RUNG_REQUIRE(fits_function(shape, input.added != nullptr));
  HWY_DYNAMIC_DISPATCH(forward_floats)(shape, input, bits, y);
}
void activation_forward(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                        uint16_t* bits, Bf16Pair* y) {
  RUNG_REQUIRE(fits_function(shape, input.added != nullptr));
  HWY_DYNAMIC_DISPATCH(forward_pairs)(shape, input, bits, y);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

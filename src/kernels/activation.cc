// Scale, dropout, relu and pooling in one pass, and its gradient. Windows of 1 (no pooling) and 2 are
// compiled with constant bounds; other sizes run the same code with bounds read at run time.
#include "kernels/activation.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/maximum-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// Prefetch distance from the current element, in floats; 1 K to 4 K were equally fast.
constexpr size_t kAhead = 2048;

// Calls run.template operator()<side>() with side 1 or 2 for a square window of that side, 0 for any other.
template <typename Run>
void with_window(const ActivationShape& s, Run run) {
  if (s.pool_h == 1 && s.pool_w == 1) return run.template operator()<1>();
  if (s.pool_h == 2 && s.pool_w == 2) return run.template operator()<2>();
  return run.template operator()<0>();
}

// Calls run with true or false as a template argument.
template <typename Run>
void with_bool(bool value, Run run) {
  if (value) return run.template operator()<true>();
  return run.template operator()<false>();
}

// One channel of the input, scaled, shifted and dropped, element by element.
template <bool kBits>
struct Elements {
  const float* x;
  uint16_t* bits;
  V scale;
  V shift;

  HWY_INLINE V value(size_t index, size_t part) const {
    const V value = hn::MulAdd(hn::Load(D(), x + index * kLanes + part), scale, shift);
    return kBits ? hn::IfThenElseZero(load_bits(bits + index, part), value) : value;
  }

  // The rectified value; clears the bits where it is zero.
  HWY_INLINE V rectified_value(size_t index, size_t part) const {
    const V scaled = value(index, part);
    const M off = hn::Le(scaled, hn::Zero(D()));  // false for NaN, which must not be hidden
    if constexpr (kBits) store_bits(hn::AndNot(off, load_bits(bits + index, part)), part, bits + index);
    return hn::IfThenZeroElse(off, scaled);
  }
};

// One window of a max pooling; the first maximum in row order takes the gradient. Relu after the maximum
// equals relu before it: where the maximum is not positive, no gradient passes.
template <int kSide, bool kRelu, bool kBits>
HWY_INLINE V max_window(const Elements<kBits>& elements, size_t first, size_t row, int pool_h, int pool_w,
                        size_t part) {
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
  const M off = hn::Le(best, hn::Zero(d));  // false for NaN, which must not be hidden
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
template <bool kRelu, bool kBits>
HWY_INLINE V mean_window(const Elements<kBits>& elements, size_t first, size_t row, int pool_h, int pool_w,
                         V one_over_area, size_t part) {
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
HWY_INLINE void prefetch_window(const float* x, size_t row, int pool_h, int pool_w) {
  for (size_t y = 0; y < static_cast<size_t>(pool_h); ++y) {
    for (size_t column = 0; column < static_cast<size_t>(pool_w); ++column)
      prefetch(x + (y * row + column) * kLanes, kAhead);
  }
}

template <bool kMax, int kSide, bool kRelu, bool kBits>
void pool_channel(const ActivationShape& s, const Elements<kBits>& elements, float* y) {
  const D d;
  const int pool_h = kSide == 0 ? s.pool_h : kSide;
  const int pool_w = kSide == 0 ? s.pool_w : kSide;
  const auto row = static_cast<size_t>(s.width);
  const V one_over_area = hn::Set(d, 1.0F / static_cast<float>(pool_h * pool_w));
  for (int py = 0; py < s.out_height(); ++py) {
    for (int px = 0; px < s.out_width(); ++px, y += kLanes) {
      const size_t first = static_cast<size_t>(py) * pool_h * row + static_cast<size_t>(px) * pool_w;
      prefetch_window(elements.x + first * kLanes, row, pool_h, pool_w);
      for (size_t part = 0; part < kLanes; part += kVector) {
        const V out = kMax ? max_window<kSide, kRelu>(elements, first, row, pool_h, pool_w, part)
                           : mean_window<kRelu>(elements, first, row, pool_h, pool_w, one_over_area, part);
        hn::Store(out, d, y + part);
      }
    }
  }
}

template <bool kRelu, bool kBits>
void channel_without_pooling(size_t plane, const Elements<kBits>& elements, float* y) {
  for (size_t index = 0; index < plane; ++index, y += kLanes) {
    prefetch(elements.x + index * kLanes, kAhead);
    prefetch(y, kAhead);
    for (size_t part = 0; part < kLanes; part += kVector)
      hn::Store(kRelu ? elements.rectified_value(index, part) : elements.value(index, part), D(), y + part);
  }
}

void forward(const ActivationShape& s, const float* x, const float* scale, const float* shift, uint16_t* bits,
             float* y) {
  const size_t plane = static_cast<size_t>(s.height) * s.width;
  const size_t out_plane = block_floats(1, s.out_height(), s.out_width());
  with_bool(s.relu, [&]<bool kRelu>() {
    with_bool(bits != nullptr, [&]<bool kBits>() {
      for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c, y += out_plane) {
        const Elements<kBits> elements{x + c * plane * kLanes, kBits ? bits + c * plane : nullptr,
                                       hn::Set(D(), scale[c]), hn::Set(D(), shift[c])};
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
}

// Walks over one channel and calls visit(row, column, part, g): the gradient at every scaled and shifted
// element.
template <bool kBits, int kSide, typename Visit>
HWY_INLINE void for_each_gradient(const ActivationShape& s, const float* dy, const uint16_t* bits,
                                  float factor, Visit visit) {
  const D d;
  const int pool_h = kSide == 0 ? s.pool_h : kSide;
  const int pool_w = kSide == 0 ? s.pool_w : kSide;
  const V scale = hn::Set(d, factor);
  for (int row = 0; row < s.height; ++row) {
    const uint16_t* words = kBits ? bits + static_cast<size_t>(row) * s.width : nullptr;
    const int pooled_columns = row / pool_h < s.out_height() ? s.out_width() : 0;
    const float* dy_row = dy + static_cast<size_t>(row / pool_h) * s.out_width() * kLanes;
    for (int px = 0; px < pooled_columns; ++px) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const float* dy_at = dy_row + static_cast<size_t>(px) * kLanes + part;
        prefetch(dy_at, kAhead);
        const V gradient = hn::Mul(hn::Load(d, dy_at), scale);
        for (int col = px * pool_w; col < (px + 1) * pool_w; ++col) {
          if constexpr (kBits) {
            visit(row, col, part, hn::IfThenElseZero(load_bits(words + col, part), gradient));
          } else {
            visit(row, col, part, gradient);
          }
        }
      }
    }
    for (int col = pooled_columns * pool_w; col < s.width; ++col) {  // past the last whole window
      for (size_t part = 0; part < kLanes; part += kVector) visit(row, col, part, hn::Zero(d));
    }
  }
}

float gradient_factor(const ActivationShape& s, float passed) {
  return s.pooling == Pooling::kAverage ? passed / static_cast<float>(s.pool_h * s.pool_w) : passed;
}

void backward_sums(const ActivationShape& s, const float* dy, const uint16_t* bits, float passed,
                   const float* x, const float* mean, float* sums) {
  const D d;
  const size_t plane = static_cast<size_t>(s.height) * s.width;
  const size_t out_plane = block_floats(1, s.out_height(), s.out_width());
  const float factor = gradient_factor(s, passed);
  with_bool(bits != nullptr, [&]<bool kBits>() {
    with_window(s, [&]<int kSide>() {
      for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
        alignas(64) float totals[2 * kLanes];
        constexpr size_t kParts = kLanes / kVector;
        V sum[kParts];
        V centred_sum[kParts];
        for (size_t p = 0; p < kParts; ++p) sum[p] = centred_sum[p] = hn::Zero(d);
        const V centre = hn::Set(d, mean[c]);
        const float* x_channel = x + c * plane * kLanes;
        for_each_gradient<kBits, kSide>(
            s, dy + c * out_plane, kBits ? bits + c * plane : nullptr, factor,
            [&](int row, int col, size_t part, V gradient) HWY_ATTR {
              const size_t at =
                  (static_cast<size_t>(row) * s.width + static_cast<size_t>(col)) * kLanes + part;
              prefetch(x_channel + at, kAhead);
              const V centred = hn::Sub(hn::Load(d, x_channel + at), centre);
              sum[part / kVector] = hn::Add(sum[part / kVector], gradient);
              centred_sum[part / kVector] = hn::MulAdd(gradient, centred, centred_sum[part / kVector]);
            });
        for (size_t p = 0; p < kParts; ++p) {
          hn::Store(sum[p], d, totals + p * kVector);
          hn::Store(centred_sum[p], d, totals + kLanes + p * kVector);
        }
        sums[2 * c] = sum_lanes(totals);
        sums[2 * c + 1] = sum_lanes(totals + kLanes);
      }
    });
  });
}

void backward(const ActivationShape& s, const float* dy, const uint16_t* bits, float passed, const float* x,
              const NormGradient* norm, int lanes, View<float> dx) {
  const D d;
  const size_t plane = static_cast<size_t>(s.height) * s.width;
  const size_t out_plane = block_floats(1, s.out_height(), s.out_width());
  const float factor = gradient_factor(s, passed);
  with_bool(bits != nullptr, [&]<bool kBits>() {
    with_bool(norm != nullptr, [&]<bool kNorm>() {
      with_window(s, [&]<int kSide>() {
        for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
          const V a = hn::Set(d, kNorm ? norm->gradient[c] : 1.0F);
          const V b = hn::Set(d, kNorm ? norm->value[c] : 0.0F);
          const V centre = hn::Set(d, kNorm ? norm->mean[c] : 0.0F);
          const V constant = hn::Set(d, kNorm ? norm->constant[c] : 0.0F);
          for_each_gradient<kBits, kSide>(
              s, dy + c * out_plane, kBits ? bits + c * plane : nullptr, factor,
              [&](int row, int col, size_t part, V gradient) HWY_ATTR {
                V value = gradient;
                if constexpr (kNorm) {
                  const size_t at =
                      ((c * plane) + static_cast<size_t>(row) * s.width + static_cast<size_t>(col)) * kLanes +
                      part;
                  prefetch(x + at, kAhead);
                  const V centred = hn::Sub(hn::Load(d, x + at), centre);
                  value = hn::MulAdd(gradient, a, hn::MulAdd(centred, b, constant));
                }
                const int left = lanes - static_cast<int>(part);
                if (left < static_cast<int>(kVector))
                  value = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(left < 0 ? 0 : left)), value);
                hn::Store(value, d, dx.at(static_cast<int>(c), row, col) + part);
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
HWY_EXPORT(backward_sums);
HWY_EXPORT(backward);

void activation_forward(const ActivationShape& shape, const float* x, const float* scale, const float* shift,
                        uint16_t* bits, float* y) {
  HWY_DYNAMIC_DISPATCH(forward)(shape, x, scale, shift, bits, y);
}

void activation_backward_sums(const ActivationShape& shape, const float* dy, const uint16_t* bits,
                              float passed, const float* x, const float* mean, float* sums) {
  HWY_DYNAMIC_DISPATCH(backward_sums)(shape, dy, bits, passed, x, mean, sums);
}

void activation_backward(const ActivationShape& shape, const float* dy, const uint16_t* bits, float passed,
                         const float* x, const NormGradient* norm, int lanes, View<float> dx) {
  HWY_DYNAMIC_DISPATCH(backward)(shape, dy, bits, passed, x, norm, lanes, dx);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

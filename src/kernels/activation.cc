// Scale, dropout, sum, relu and pooling in one pass, and its gradient. Windows of 1 (no pooling) and 2 are
// compiled with constant bounds; other sizes run the same code with bounds read at run time.
#include "kernels/activation.h"

#include "base/require.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/functions-inl.h"
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

// Of one channel.
size_t plane_of(const ActivationShape& s) {
  return static_cast<size_t>(s.height) * static_cast<size_t>(s.width);
}

// One channel of the input, scaled and shifted, element by element.
struct Scaled {
  Scaled(const ActivationShape& s, const ActivationInput& input, size_t c)
      : x(input.x + c * plane_of(s) * kLanes),
        scale(hn::Set(D(), input.scale[c])),
        shift(hn::Set(D(), input.shift[c])) {}

  HWY_INLINE V value(size_t index, size_t part) const {
    return hn::MulAdd(hn::Load(D(), x + index * kLanes + part), scale, shift);
  }

  const float* x;
  V scale;
  V shift;
};

// The same with dropout and the sum.
template <bool kBits, bool kAdded>
struct Elements {
  Elements(const ActivationShape& s, const ActivationInput& input, uint16_t* all_bits, size_t c)
      : scaled(s, input, c) {
    if constexpr (kBits) bits = all_bits + c * plane_of(s);
    if constexpr (kAdded) added = input.added + c * plane_of(s) * kLanes;
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
    const M off = hn::Le(input, hn::Zero(D()));  // false for NaN, which must not be hidden
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

// Calls run.template operator()<F>() with the function's row of functions-inl.h.
template <typename Run>
void with_function(Function function, Run run) {
  visit_function(function, [&]<typename F>(F) { run.template operator()<F>(); });
}

void function_forward(const ActivationShape& s, const ActivationInput& input, uint16_t* bits, float* y) {
  const size_t plane = plane_of(s);
  with_function(*s.function, [&]<typename F>() {
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
  const size_t plane = plane_of(s);
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

// Walks over one channel and calls visit(row, column, part, g), for a shape without a function.
template <bool kBits, int kSide, typename Visit>
HWY_INLINE void for_each_gradient(const ActivationShape& s, const ActivationGradient& all, size_t c,
                                  Visit visit) {
  const D d;
  const int pool_h = kSide == 0 ? s.pool_h : kSide;
  const int pool_w = kSide == 0 ? s.pool_w : kSide;
  const float* dy = all.dy + c * block_floats(1, s.out_height(), s.out_width());
  const uint16_t* bits = kBits ? all.bits + c * plane_of(s) : nullptr;
  const bool averages = s.pooling == Pooling::kAverage;
  const V factor = hn::Set(d, averages ? all.passed / static_cast<float>(s.pool_h * s.pool_w) : all.passed);
  for (int row = 0; row < s.height; ++row) {
    const uint16_t* words = kBits ? bits + static_cast<size_t>(row) * s.width : nullptr;
    const int pooled_columns = row / pool_h < s.out_height() ? s.out_width() : 0;
    const float* dy_row = dy + static_cast<size_t>(row / pool_h) * s.out_width() * kLanes;
    for (int px = 0; px < pooled_columns; ++px) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const float* dy_at = dy_row + static_cast<size_t>(px) * kLanes + part;
        prefetch(dy_at, kAhead);
        const V gradient = hn::Mul(hn::Load(d, dy_at), factor);
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

// The same for a shape with the function F, whose output has the input's rows and columns.
template <typename F, bool kBits, typename Visit>
HWY_INLINE void for_each_function_gradient(const ActivationShape& s, const ActivationInput& input,
                                           const ActivationGradient& all, size_t c, Visit visit) {
  const D d;
  const Scaled scaled(s, input, c);
  const float* dy = all.dy + c * plane_of(s) * kLanes;
  const uint16_t* bits = kBits ? all.bits + c * plane_of(s) : nullptr;
  const V passed = hn::Set(d, all.passed);
  size_t index = 0;
  for (int row = 0; row < s.height; ++row) {
    for (int col = 0; col < s.width; ++col, ++index) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const float* dy_at = dy + index * kLanes + part;
        prefetch(dy_at, kAhead);
        V gradient = hn::Mul(hn::Mul(hn::Load(d, dy_at), slope_of<F>(scaled.value(index, part))), passed);
        if constexpr (kBits) gradient = hn::IfThenElseZero(load_bits(bits + index, part), gradient);
        visit(row, col, part, gradient);
      }
    }
  }
}

// Where the lanes from `part` of an element of channel c lie.
HWY_INLINE size_t place_of(const ActivationShape& s, size_t c, int row, int col, size_t part) {
  return (c * plane_of(s) + static_cast<size_t>(row) * s.width + static_cast<size_t>(col)) * kLanes + part;
}

// Writes g to what it is the gradient of, too.
HWY_INLINE void give_to_added(const ActivationGradient& gradient, size_t at, V g) {
  const D d;
  prefetch(gradient.added + at, kAhead);
  hn::Store(gradient.accumulates ? hn::Add(hn::Load(d, gradient.added + at), g) : g, d, gradient.added + at);
}

// The sums of one channel; walk(c, visit) calls visit(row, column, part, g).
template <typename Walk>
HWY_INLINE void channel_sums(const ActivationShape& s, const float* x, float mean, size_t c, float* sums,
                             Walk walk) {
  const D d;
  alignas(64) float totals[2 * kLanes];
  constexpr size_t kParts = kLanes / kVector;
  V sum[kParts];
  V centred_sum[kParts];
  for (size_t p = 0; p < kParts; ++p) sum[p] = centred_sum[p] = hn::Zero(d);
  const V centre = hn::Set(d, mean);
  walk([&](int row, int col, size_t part, V gradient) HWY_ATTR {
    const size_t at = place_of(s, c, row, col, part);
    prefetch(x + at, kAhead);
    const V centred = hn::Sub(hn::Load(d, x + at), centre);
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

void function_backward_sums(const ActivationShape& s, const ActivationInput& input,
                            const ActivationGradient& gradient, const float* mean, float* sums) {
  with_function(*s.function, [&]<typename F>() {
    with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
      for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
        channel_sums(s, input.x, mean[c], c, sums, [&](auto add) HWY_ATTR {
          for_each_function_gradient<F, kBits>(
              s, input, gradient, c, [&](int row, int col, size_t part, V g) HWY_ATTR {
                add(row, col, part, g);
                hn::Store(g, D(), gradient.dy + place_of(s, c, row, col, part));
              });
        });
      }
    });
  });
}

void backward_sums(const ActivationShape& s, const ActivationInput& input, const ActivationGradient& gradient,
                   const float* mean, float* sums) {
  if (s.function) return function_backward_sums(s, input, gradient, mean, sums);
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(gradient.added != nullptr, [&]<bool kAdded>() {
      with_window(s, [&]<int kSide>() {
        for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
          channel_sums(s, input.x, mean[c], c, sums, [&](auto add) HWY_ATTR {
            for_each_gradient<kBits, kSide>(s, gradient, c, [&](int row, int col, size_t part, V g) HWY_ATTR {
              add(row, col, part, g);
              if constexpr (kAdded) give_to_added(gradient, place_of(s, c, row, col, part), g);
            });
          });
        }
      });
    });
  });
}

// Writes one element of dx; lanes from `lanes` upwards get zeros.
HWY_INLINE void store_lanes(V value, int lanes, size_t part, float* dx) {
  const D d;
  const int left = lanes - static_cast<int>(part);
  if (left < static_cast<int>(kVector))
    value = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(left < 0 ? 0 : left)), value);
  hn::Store(value, d, dx + part);
}

void function_backward(const ActivationShape& s, const ActivationInput& input,
                       const ActivationGradient& gradient, int lanes, View<float> dx) {
  with_function(*s.function, [&]<typename F>() {
    with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
      for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
        for_each_function_gradient<F, kBits>(
            s, input, gradient, c, [&](int row, int col, size_t part, V g) HWY_ATTR {
              prefetch(input.x + place_of(s, c, row, col, part), kAhead);
              store_lanes(g, lanes, part, dx.at(static_cast<int>(c), row, col));
            });
      }
    });
  });
}

// The gradient of what was rectified to x.
HWY_INLINE V rectified_gradient(V x, V gradient) {
  return hn::IfThenZeroElse(hn::Le(x, hn::Zero(D())), gradient);
}

void norm_backward(const ActivationShape& s, const float* x, const ActivationGradient& gradient,
                   const NormGradient& norm, int lanes, View<float> dx) {
  const D d;
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(s.rectified, [&]<bool kRectified>() {
      with_window(s, [&]<int kSide>() {
        for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
          const V a = hn::Set(d, norm.gradient[c]);
          const V b = hn::Set(d, norm.value[c]);
          const V centre = hn::Set(d, norm.mean[c]);
          const V constant = hn::Set(d, norm.constant[c]);
          for_each_gradient<kBits, kSide>(s, gradient, c, [&](int row, int col, size_t part, V g) HWY_ATTR {
            const size_t at = place_of(s, c, row, col, part);
            prefetch(x + at, kAhead);
            const V input = hn::Load(d, x + at);
            V value = hn::MulAdd(g, a, hn::MulAdd(hn::Sub(input, centre), b, constant));
            if constexpr (kRectified) value = rectified_gradient(input, value);
            store_lanes(value, lanes, part, dx.at(static_cast<int>(c), row, col));
          });
        }
      });
    });
  });
}

void plain_backward(const ActivationShape& s, const float* x, const ActivationGradient& gradient, int lanes,
                    View<float> dx) {
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(gradient.added != nullptr, [&]<bool kAdded>() {
      with_bool(s.rectified, [&]<bool kRectified>() {
        with_window(s, [&]<int kSide>() {
          for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
            for_each_gradient<kBits, kSide>(s, gradient, c, [&](int row, int col, size_t part, V g) HWY_ATTR {
              const size_t at = place_of(s, c, row, col, part);
              if constexpr (kAdded) give_to_added(gradient, at, g);
              if constexpr (kRectified) {
                prefetch(x + at, kAhead);
                g = rectified_gradient(hn::Load(D(), x + at), g);
              }
              store_lanes(g, lanes, part, dx.at(static_cast<int>(c), row, col));
            });
          }
        });
      });
    });
  });
}

void backward(const ActivationShape& s, const ActivationInput& input, const ActivationGradient& gradient,
              const NormGradient* norm, int lanes, View<float> dx) {
  if (norm == nullptr) {
    if (s.function) return function_backward(s, input, gradient, lanes, dx);
    return plain_backward(s, input.x, gradient, lanes, dx);
  }
  // With a function, the sums have made dy the gradient of batch norm's output.
  norm_backward(s, input.x, s.function ? ActivationGradient{.dy = gradient.dy} : gradient, *norm, lanes, dx);
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(forward);
HWY_EXPORT(backward_sums);
HWY_EXPORT(backward);

void activation_forward(const ActivationShape& shape, const ActivationInput& input, uint16_t* bits,
                        float* y) {
  RUNG_REQUIRE(!shape.function || (!shape.gates() && shape.pooling == Pooling::kNone && !input.added));
  HWY_DYNAMIC_DISPATCH(forward)(shape, input, bits, y);
}

void activation_backward_sums(const ActivationShape& shape, const ActivationInput& input,
                              const ActivationGradient& gradient, const float* mean, float* sums) {
  HWY_DYNAMIC_DISPATCH(backward_sums)(shape, input, gradient, mean, sums);
}

void activation_backward(const ActivationShape& shape, const ActivationInput& input,
                         const ActivationGradient& gradient, const NormGradient* norm, int lanes,
                         View<float> dx) {
  RUNG_REQUIRE(norm != nullptr || !shape.function || !shape.rectified);
  HWY_DYNAMIC_DISPATCH(backward)(shape, input, gradient, norm, lanes, dx);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

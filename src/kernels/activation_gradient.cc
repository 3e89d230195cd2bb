// The gradient of activation.cc's pass, in two: the sums for batch norm, and the gradient of the input.
#include "base/require.h"
#include "kernels/activation.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation_gradient.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/activation-inl.h"
#include "kernels/functions-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// Some lanes of an element of a channel [H][W][16].
struct Place {
  int row;
  int column;
  size_t part;  // the first lane
  size_t at;    // where it lies in the channel
};

// Walks over one channel and calls visit(place, g), for a shape without a function. (What is read of the
// shape is read once: the compiler cannot know that the vectors that are stored do not change it.)
template <bool kBits, int kSide, typename Visit>
HWY_INLINE void for_each_gradient(const ActivationShape& s, const ActivationGradient& all, size_t c,
                                  Visit visit) {
  const D d;
  const int height = s.height;
  const int width = s.width;
  const int out_height = s.out_height();
  const int out_width = s.out_width();
  const int pool_h = kSide == 0 ? s.pool_h : kSide;
  const int pool_w = kSide == 0 ? s.pool_w : kSide;
  const float* dy = all.dy + c * block_floats(1, out_height, out_width);
  const uint16_t* bits = kBits ? all.bits + c * s.plane() : nullptr;
  const bool averages = s.pooling == Pooling::kAverage;
  const V factor = hn::Set(d, averages ? all.passed / static_cast<float>(pool_h * pool_w) : all.passed);
  for (int row = 0; row < height; ++row) {
    const size_t first = static_cast<size_t>(row) * static_cast<size_t>(width);
    const auto place = [&](int column, size_t part) HWY_ATTR {
      return Place{row, column, part, (first + static_cast<size_t>(column)) * kLanes + part};
    };
    const int pooled_columns = row / pool_h < out_height ? out_width : 0;
    const float* dy_row = dy + static_cast<size_t>(row / pool_h) * static_cast<size_t>(out_width) * kLanes;
    for (int px = 0; px < pooled_columns; ++px) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const float* dy_at = dy_row + static_cast<size_t>(px) * kLanes + part;
        prefetch(dy_at, kAhead);
        const V gradient = hn::Mul(hn::Load(d, dy_at), factor);
        for (int column = px * pool_w; column < (px + 1) * pool_w; ++column) {
          if constexpr (kBits) {
            const M passes = load_bits(bits + first + static_cast<size_t>(column), part);
            visit(place(column, part), hn::IfThenElseZero(passes, gradient));
          } else {
            visit(place(column, part), gradient);
          }
        }
      }
    }
    for (int column = pooled_columns * pool_w; column < width; ++column) {  // past the last whole window
      for (size_t part = 0; part < kLanes; part += kVector) visit(place(column, part), hn::Zero(d));
    }
  }
}

// The same for a shape with the function F, whose output has the input's rows and columns.
template <typename F, typename Visit>
HWY_INLINE void for_each_function_gradient(const ActivationShape& s, const ActivationInput& input,
                                           const ActivationGradient& all, size_t c, Visit visit) {
  const D d;
  const Scaled scaled(s, input, c);
  const float* dy = all.dy + c * s.plane() * kLanes;
  const uint16_t* bits = all.bits != nullptr ? all.bits + c * s.plane() : nullptr;
  const V passed = hn::Set(d, all.passed);
  const int height = s.height;
  const int width = s.width;
  size_t index = 0;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column, ++index) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const Place place{row, column, part, index * kLanes + part};
        prefetch(dy + place.at, kAhead);
        V gradient = hn::Mul(hn::Load(d, dy + place.at), slope_of<F>(scaled.value(index, part)));
        gradient = hn::Mul(gradient, passed);
        if (bits != nullptr) gradient = hn::IfThenElseZero(load_bits(bits + index, part), gradient);
        visit(place, gradient);
      }
    }
  }
}

// A channel of a tensor [C][H][W][16].
template <typename Float>
HWY_INLINE Float* channel_of(const ActivationShape& s, Float* tensor, size_t c) {
  return tensor + c * s.plane() * kLanes;
}

// Writes g to what it is the gradient of, too.
HWY_INLINE void give_to_added(bool accumulates, V g, float* added) {
  const D d;
  prefetch(added, kAhead);
  hn::Store(accumulates ? hn::Add(hn::Load(d, added), g) : g, d, added);
}

// The two sums of one channel x [H][W][16]; walk(visit) calls visit(place, g).
template <typename Walk>
HWY_INLINE void channel_sums(const float* x, float mean, float* sums, Walk walk) {
  const D d;
  alignas(64) float totals[2 * kLanes];
  constexpr size_t kParts = kLanes / kVector;
  V sum[kParts];
  V centred_sum[kParts];
  for (size_t p = 0; p < kParts; ++p) sum[p] = centred_sum[p] = hn::Zero(d);
  const V centre = hn::Set(d, mean);
  walk([&](const Place& place, V gradient) HWY_ATTR {
    const float* from = x + place.at;
    prefetch(from, kAhead);
    const V centred = hn::Sub(hn::Load(d, from), centre);
    sum[place.part / kVector] = hn::Add(sum[place.part / kVector], gradient);
    centred_sum[place.part / kVector] = hn::MulAdd(gradient, centred, centred_sum[place.part / kVector]);
  });
  for (size_t p = 0; p < kParts; ++p) {
    hn::Store(sum[p], d, totals + p * kVector);
    hn::Store(centred_sum[p], d, totals + kLanes + p * kVector);
  }
  sums[0] = sum_lanes(totals);
  sums[1] = sum_lanes(totals + kLanes);
}

void function_backward_sums(const ActivationShape& s, const ActivationInput& input,
                            const ActivationGradient& gradient, const float* mean, float* sums) {
  visit_function(*s.function, [&]<typename F>(F /*row*/) {
    for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
      float* dy = channel_of(s, gradient.dy, c);
      channel_sums(channel_of(s, input.x, c), mean[c], sums + 2 * c, [&](auto add) HWY_ATTR {
        for_each_function_gradient<F>(s, input, gradient, c, [&](const Place& place, V g) HWY_ATTR {
          add(place, g);
          hn::Store(g, D(), dy + place.at);
        });
      });
    }
  });
}

void backward_sums(const ActivationShape& s, const ActivationInput& input, const ActivationGradient& gradient,
                   const float* mean, float* sums) {
  if (s.function) return function_backward_sums(s, input, gradient, mean, sums);
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(gradient.added != nullptr, [&]<bool kAdded>() {
      with_window(s, [&]<int kSide>() {
        for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
          float* added = kAdded ? channel_of(s, gradient.added, c) : nullptr;
          channel_sums(channel_of(s, input.x, c), mean[c], sums + 2 * c, [&](auto add) HWY_ATTR {
            for_each_gradient<kBits, kSide>(s, gradient, c, [&](const Place& place, V g) HWY_ATTR {
              add(place, g);
              if constexpr (kAdded) give_to_added(gradient.accumulates, g, added + place.at);
            });
          });
        }
      });
    });
  });
}

// Writes some lanes of channel c of dx; zeros from `lanes` upwards.
HWY_INLINE void store_lanes(V value, int lanes, const Place& place, size_t c, const View<float>& dx) {
  const D d;
  const int left = lanes - static_cast<int>(place.part);
  if (left < static_cast<int>(kVector))
    value = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(left < 0 ? 0 : left)), value);
  hn::Store(value, d, dx.at(static_cast<int>(c), place.row, place.column) + place.part);
}

void function_backward(const ActivationShape& s, const ActivationInput& input,
                       const ActivationGradient& gradient, int lanes, View<float> dx) {
  visit_function(*s.function, [&]<typename F>(F /*row*/) {
    for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
      const float* x = channel_of(s, input.x, c);
      for_each_function_gradient<F>(s, input, gradient, c, [&](const Place& place, V g) HWY_ATTR {
        prefetch(x + place.at, kAhead);
        store_lanes(g, lanes, place, c, dx);
      });
    }
  });
}

void norm_backward(const ActivationShape& s, const float* x, const ActivationGradient& gradient,
                   const NormGradient& norm, int lanes, View<float> dx) {
  const D d;
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(s.rectified, [&]<bool kRectified>() {
      with_window(s, [&]<int kSide>() {
        for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
          const float* x_channel = channel_of(s, x, c);
          const V a = hn::Set(d, norm.gradient[c]);
          const V b = hn::Set(d, norm.value[c]);
          const V centre = hn::Set(d, norm.mean[c]);
          const V constant = hn::Set(d, norm.constant[c]);
          for_each_gradient<kBits, kSide>(s, gradient, c, [&](const Place& place, V g) HWY_ATTR {
            const float* from = x_channel + place.at;
            prefetch(from, kAhead);
            const V input = hn::Load(d, from);
            V value = hn::MulAdd(g, a, hn::MulAdd(hn::Sub(input, centre), b, constant));
            if constexpr (kRectified) value = hn::IfThenZeroElse(not_positive(input), value);
            store_lanes(value, lanes, place, c, dx);
          });
        }
      });
    });
  });
}

void plain_backward(const ActivationShape& s, const ActivationGradient& gradient, int lanes, View<float> dx) {
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(gradient.added != nullptr, [&]<bool kAdded>() {
      with_window(s, [&]<int kSide>() {
        for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
          float* added = kAdded ? channel_of(s, gradient.added, c) : nullptr;
          for_each_gradient<kBits, kSide>(s, gradient, c, [&](const Place& place, V g) HWY_ATTR {
            if constexpr (kAdded) give_to_added(gradient.accumulates, g, added + place.at);
            store_lanes(g, lanes, place, c, dx);
          });
        }
      });
    });
  });
}

void backward(const ActivationShape& s, const ActivationInput& input, const ActivationGradient& gradient,
              const NormGradient* norm, int lanes, View<float> dx) {
  if (norm == nullptr) {
    if (s.function) return function_backward(s, input, gradient, lanes, dx);
    return plain_backward(s, gradient, lanes, dx);
  }
  // With a function, the sums have made dy the gradient of batch norm's output.
  norm_backward(s, input.x, s.function ? ActivationGradient{.dy = gradient.dy} : gradient, *norm, lanes, dx);
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(backward_sums);
HWY_EXPORT(backward);

void activation_backward_sums(const ActivationShape& shape, const ActivationInput& input,
                              const ActivationGradient& gradient, const float* mean, float* sums) {
  HWY_DYNAMIC_DISPATCH(backward_sums)(shape, input, gradient, mean, sums);
}

void activation_backward(const ActivationShape& shape, const ActivationInput& input,
                         const ActivationGradient& gradient, const NormGradient* norm, int lanes,
                         View<float> dx) {
  RUNG_REQUIRE(norm != nullptr || !shape.rectified);
  HWY_DYNAMIC_DISPATCH(backward)(shape, input, gradient, norm, lanes, dx);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

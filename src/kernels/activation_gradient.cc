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

// Some lanes of an element of a plane [H][W][16].
struct Place {
  int row;
  int column;
  size_t part;  // the first lane
  size_t at;    // where it lies in the plane
};

// Walks over the channels of one element and calls visit(place, g), for a shape without a function; `c` is
// the first of them. (What is read of the shape is read once: the compiler cannot know that the vectors that
// are stored do not change it.)
template <bool kBits, int kSide, typename Element, typename Visit>
HWY_INLINE void for_each_gradient(const ActivationShape& s, const ActivationGradientOf<Element>& all,
                                  size_t c, Visit visit) {
  const D d;
  const int height = s.height;
  const int width = s.width;
  const int out_height = s.out_height();
  const int out_width = s.out_width();
  const int pool_h = kSide == 0 ? s.pool_h : kSide;
  const int pool_w = kSide == 0 ? s.pool_w : kSide;
  const size_t plane = s.plane();
  const Element* dy = all.dy + c / kChannelsOf<Element> * block_floats(1, out_height, out_width);
  const uint16_t* bits = kBits ? all.bits + c * plane : nullptr;
  const bool averages = s.pooling == Pooling::kAverage;
  const V factor = hn::Set(d, averages ? all.passed / static_cast<float>(pool_h * pool_w) : all.passed);
  for (int row = 0; row < height; ++row) {
    const size_t first = static_cast<size_t>(row) * static_cast<size_t>(width);
    const auto place = [&](int column, size_t part) HWY_ATTR {
      return Place{row, column, part, (first + static_cast<size_t>(column)) * kLanes + part};
    };
    const int pooled_columns = row / pool_h < out_height ? out_width : 0;
    const Element* dy_row = dy + static_cast<size_t>(row / pool_h) * static_cast<size_t>(out_width) * kLanes;
    for (int px = 0; px < pooled_columns; ++px) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const Element* dy_at = dy_row + static_cast<size_t>(px) * kLanes + part;
        prefetch(dy_at, kAhead);
        const Values<Element> stored = load(dy_at);
        const Values<Element> gradient =
            values<Element>([&](size_t i) HWY_ATTR { return hn::Mul(stored.of[i], factor); });
        for (int column = px * pool_w; column < (px + 1) * pool_w; ++column) {
          if constexpr (kBits) {
            const uint16_t* word = bits + first + static_cast<size_t>(column);
            visit(place(column, part), values<Element>([&](size_t i) HWY_ATTR {
                    return hn::IfThenElseZero(load_bits(word + i * plane, part), gradient.of[i]);
                  }));
          } else {
            visit(place(column, part), gradient);
          }
        }
      }
    }
    const auto zero = values<Element>([](size_t /*i*/) HWY_ATTR { return hn::Zero(D()); });
    for (int column = pooled_columns * pool_w; column < width; ++column) {  // past the last whole window
      for (size_t part = 0; part < kLanes; part += kVector) visit(place(column, part), zero);
    }
  }
}

// The same for a shape with the function F, whose output has the input's rows and columns; their planes begin
// at `first`.
template <typename F, typename Element, typename Visit>
HWY_INLINE void for_each_function_gradient(const ActivationShape& s, const ActivationInputOf<Element>& input,
                                           const ActivationGradientOf<Element>& all, size_t c, size_t first,
                                           Visit visit) {
  const D d;
  const Scaled<Element> scaled(input, c, first);
  const Element* dy = all.dy + first;
  const size_t plane = s.plane();
  const uint16_t* bits = all.bits != nullptr ? all.bits + c * plane : nullptr;
  const V passed = hn::Set(d, all.passed);
  const int height = s.height;
  const int width = s.width;
  size_t index = 0;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column, ++index) {
      for (size_t part = 0; part < kLanes; part += kVector) {
        const Place place{row, column, part, index * kLanes + part};
        prefetch(dy + place.at, kAhead);
        const Values<Element> stored = load(dy + place.at);
        const Values<Element> x = scaled.value(index, part);
        visit(place, values<Element>([&](size_t i) HWY_ATTR {
                V gradient = hn::Mul(stored.of[i], slope_of<F>(x.of[i]));
                gradient = hn::Mul(gradient, passed);
                if (bits == nullptr) return gradient;
                return hn::IfThenElseZero(load_bits(bits + i * plane + index, part), gradient);
              }));
      }
    }
  }
}

// Writes g to what it is the gradient of, too.
template <typename Element>
HWY_INLINE void give_to_added(bool accumulates, const Values<Element>& g, Element* added) {
  prefetch(added, kAhead);
  if (!accumulates) return store(g, added);
  const Values<Element> others = load(added);
  store(values<Element>([&](size_t i) HWY_ATTR { return hn::Add(others.of[i], g.of[i]); }), added);
}

// The two sums of each channel of x [H][W][16]; walk(visit) calls visit(place, g).
template <typename Element, typename Walk>
HWY_INLINE void plane_sums(const Element* x, const float* mean, float* sums, Walk walk) {
  const D d;
  constexpr size_t kParts = kLanes / kVector;
  constexpr size_t kChannels = kChannelsOf<Element>;
  V sum[kParts][kChannels];
  V centred_sum[kParts][kChannels];
  for (size_t p = 0; p < kParts; ++p) {
    for (size_t i = 0; i < kChannels; ++i) sum[p][i] = centred_sum[p][i] = hn::Zero(d);
  }
  const auto centre = values<Element>([&](size_t i) HWY_ATTR { return hn::Set(D(), mean[i]); });
  walk([&](const Place& place, const Values<Element>& gradient) HWY_ATTR {
    const Element* from = x + place.at;
    prefetch(from, kAhead);
    const Values<Element> in = load(from);
    const size_t p = place.part / kVector;
    for (size_t i = 0; i < kChannels; ++i) {
      const V centred = hn::Sub(in.of[i], centre.of[i]);
      sum[p][i] = hn::Add(sum[p][i], gradient.of[i]);
      centred_sum[p][i] = hn::MulAdd(gradient.of[i], centred, centred_sum[p][i]);
    }
  });
  alignas(64) float totals[2 * kLanes];
  for (size_t i = 0; i < kChannels; ++i) {
    for (size_t p = 0; p < kParts; ++p) {
      hn::Store(sum[p][i], d, totals + p * kVector);
      hn::Store(centred_sum[p][i], d, totals + kLanes + p * kVector);
    }
    sums[2 * i] = sum_lanes(totals);
    sums[2 * i + 1] = sum_lanes(totals + kLanes);
  }
}

template <typename Element>
void function_backward_sums(const ActivationShape& s, const ActivationInputOf<Element>& input,
                            const ActivationGradientOf<Element>& gradient, const float* mean, float* sums) {
  visit_function(*s.function, [&]<typename F>(F /*row*/) {
    for_each_plane<Element>(s.channels, s.plane(), [&](size_t c, size_t first) {
      Element* dy = gradient.dy + first;
      plane_sums(input.x + first, mean + c, sums + 2 * c, [&](auto add) HWY_ATTR {
        for_each_function_gradient<F>(s, input, gradient, c, first,
                                      [&](const Place& place, const Values<Element>& g) HWY_ATTR {
                                        add(place, g);
                                        store(g, dy + place.at);
                                      });
      });
    });
  });
}

template <typename Element>
void backward_sums(const ActivationShape& s, const ActivationInputOf<Element>& input,
                   const ActivationGradientOf<Element>& gradient, const float* mean, float* sums) {
  if (s.function) return function_backward_sums(s, input, gradient, mean, sums);
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(gradient.added != nullptr, [&]<bool kAdded>() {
      with_window(s, [&]<int kSide>() {
        for_each_plane<Element>(s.channels, s.plane(), [&](size_t c, size_t first) {
          plane_sums(input.x + first, mean + c, sums + 2 * c, [&](auto add) HWY_ATTR {
            for_each_gradient<kBits, kSide>(
                s, gradient, c, [&](const Place& place, const Values<Element>& g) HWY_ATTR {
                  add(place, g);
                  if constexpr (kAdded)
                    give_to_added(gradient.accumulates, g, gradient.added + first + place.at);
                });
          });
        });
      });
    });
  });
}

// Zeros from lane `lanes` upwards.
HWY_INLINE V first_lanes(V value, int lanes, size_t part) {
  const int left = lanes - static_cast<int>(part);
  if (left >= static_cast<int>(kVector)) return value;
  return hn::IfThenElseZero(hn::FirstN(D(), static_cast<size_t>(left < 0 ? 0 : left)), value);
}

// dx, to which the values of some lanes are written, with zeros from lane `lanes` upwards.
template <typename Out>
struct Destination {
  View<Out> dx;
  int lanes;
  int channels;

  template <typename Element>
  HWY_INLINE void put(const Values<Element>& value, size_t c, const Place& place) const {
    const auto kept =
        values<Element>([&](size_t i) HWY_ATTR { return first_lanes(value.of[i], lanes, place.part); });
    if constexpr (kChannelsOf<Out> == kChannelsOf<Element>) {
      const auto channel = static_cast<int>(c / kChannelsOf<Out>);
      store(kept, dx.at(channel, place.row, place.column) + place.part);
    } else {
      for (int i = 0; i < kChannelsOf<Element>; ++i) {
        const int channel = static_cast<int>(c) + i;
        if (channel < channels)
          hn::Store(kept.of[i], D(), dx.at(channel, place.row, place.column) + place.part);
      }
    }
  }
};

template <typename Element, typename Out>
void function_backward(const ActivationShape& s, const ActivationInputOf<Element>& input,
                       const ActivationGradientOf<Element>& gradient, const Destination<Out>& to) {
  visit_function(*s.function, [&]<typename F>(F /*row*/) {
    for_each_plane<Element>(s.channels, s.plane(), [&](size_t c, size_t first) {
      const Element* x = input.x + first;
      for_each_function_gradient<F>(s, input, gradient, c, first,
                                    [&](const Place& place, const Values<Element>& g) HWY_ATTR {
                                      prefetch(x + place.at, kAhead);
                                      to.put(g, c, place);
                                    });
    });
  });
}

template <typename Element, typename Out>
void norm_backward(const ActivationShape& s, const Element* x, const ActivationGradientOf<Element>& gradient,
                   const NormGradient& norm, const Destination<Out>& to) {
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(s.rectified, [&]<bool kRectified>() {
      with_window(s, [&]<int kSide>() {
        for_each_plane<Element>(s.channels, s.plane(), [&](size_t c, size_t first) {
          const auto coefficients = [&](const float* of_channels) {
            return values<Element>([&](size_t i) { return hn::Set(D(), of_channels[c + i]); });
          };
          const Values<Element> a = coefficients(norm.gradient);
          const Values<Element> b = coefficients(norm.value);
          const Values<Element> centre = coefficients(norm.mean);
          const Values<Element> constant = coefficients(norm.constant);
          for_each_gradient<kBits, kSide>(
              s, gradient, c, [&](const Place& place, const Values<Element>& g) HWY_ATTR {
                const Element* from = x + first + place.at;
                prefetch(from, kAhead);
                const Values<Element> in = load(from);
                to.put(values<Element>([&](size_t i) HWY_ATTR {
                         const V centred = hn::Sub(in.of[i], centre.of[i]);
                         const V value =
                             hn::MulAdd(g.of[i], a.of[i], hn::MulAdd(centred, b.of[i], constant.of[i]));
                         return kRectified ? hn::IfThenZeroElse(not_positive(in.of[i]), value) : value;
                       }),
                       c, place);
              });
        });
      });
    });
  });
}

template <typename Element, typename Out>
void plain_backward(const ActivationShape& s, const ActivationGradientOf<Element>& gradient,
                    const Destination<Out>& to) {
  with_bool(gradient.bits != nullptr, [&]<bool kBits>() {
    with_bool(gradient.added != nullptr, [&]<bool kAdded>() {
      with_window(s, [&]<int kSide>() {
        for_each_plane<Element>(s.channels, s.plane(), [&](size_t c, size_t first) {
          for_each_gradient<kBits, kSide>(
              s, gradient, c, [&](const Place& place, const Values<Element>& g) HWY_ATTR {
                if constexpr (kAdded)
                  give_to_added(gradient.accumulates, g, gradient.added + first + place.at);
                to.put(g, c, place);
              });
        });
      });
    });
  });
}

template <typename Element, typename Out>
void backward(const ActivationShape& s, const ActivationInputOf<Element>& input,
              const ActivationGradientOf<Element>& gradient, const NormGradient* norm, int lanes,
              View<Out> dx) {
  const Destination<Out> to{dx, lanes, s.channels};
  if (norm == nullptr) {
    if (s.function) return function_backward(s, input, gradient, to);
    return plain_backward(s, gradient, to);
  }
  // With a function, the sums have made dy the gradient of batch norm's output.
  norm_backward(s, input.x, s.function ? ActivationGradientOf<Element>{.dy = gradient.dy} : gradient, *norm,
                to);
}

// What is dispatched to.

using PairInput = ActivationInputOf<Bf16Pair>;
using PairGradient = ActivationGradientOf<Bf16Pair>;

void sums_of_floats(const ActivationShape& s, const ActivationInput& input,
                    const ActivationGradient& gradient, const float* mean, float* sums) {
  backward_sums(s, input, gradient, mean, sums);
}
void sums_of_pairs(const ActivationShape& s, const PairInput& input, const PairGradient& gradient,
                   const float* mean, float* sums) {
  backward_sums(s, input, gradient, mean, sums);
}
void backward_floats(const ActivationShape& s, const ActivationInput& input,
                     const ActivationGradient& gradient, const NormGradient* norm, int lanes,
                     View<float> dx) {
  backward(s, input, gradient, norm, lanes, dx);
}
void backward_pairs(const ActivationShape& s, const PairInput& input, const PairGradient& gradient,
                    const NormGradient* norm, int lanes, View<Bf16Pair> dx) {
  backward(s, input, gradient, norm, lanes, dx);
}
void backward_pairs_to_floats(const ActivationShape& s, const PairInput& input, const PairGradient& gradient,
                              const NormGradient* norm, int lanes, View<float> dx) {
  backward(s, input, gradient, norm, lanes, dx);
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(sums_of_floats);
HWY_EXPORT(sums_of_pairs);
HWY_EXPORT(backward_floats);
HWY_EXPORT(backward_pairs);
HWY_EXPORT(backward_pairs_to_floats);

void activation_backward_sums(const ActivationShape& shape, const ActivationInput& input,
                              const ActivationGradient& gradient, const float* mean, float* sums) {
  HWY_DYNAMIC_DISPATCH(sums_of_floats)(shape, input, gradient, mean, sums);
}
void activation_backward_sums(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                              const ActivationGradientOf<Bf16Pair>& gradient, const float* mean,
                              float* sums) {
  HWY_DYNAMIC_DISPATCH(sums_of_pairs)(shape, input, gradient, mean, sums);
}

void activation_backward(const ActivationShape& shape, const ActivationInput& input,
                         const ActivationGradient& gradient, const NormGradient* norm, int lanes,
                         View<float> dx) {
  RUNG_REQUIRE(norm != nullptr || !shape.rectified);
  HWY_DYNAMIC_DISPATCH(backward_floats)(shape, input, gradient, norm, lanes, dx);
}
void activation_backward(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                         const ActivationGradientOf<Bf16Pair>& gradient, const NormGradient* norm, int lanes,
                         View<Bf16Pair> dx) {
  RUNG_REQUIRE(norm != nullptr || !shape.rectified);
  HWY_DYNAMIC_DISPATCH(backward_pairs)(shape, input, gradient, norm, lanes, dx);
}
void activation_backward(const ActivationShape& shape, const ActivationInputOf<Bf16Pair>& input,
                         const ActivationGradientOf<Bf16Pair>& gradient, const NormGradient* norm, int lanes,
                         View<float> dx) {
  RUNG_REQUIRE(norm != nullptr || !shape.rectified);
  HWY_DYNAMIC_DISPATCH(backward_pairs_to_floats)(shape, input, gradient, norm, lanes, dx);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

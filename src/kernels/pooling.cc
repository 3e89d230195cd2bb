// Each window reads its inputs again, a few vectors per output, because planes pooled this way are small.
#include "kernels/pooling.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pooling.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "kernels/maximum-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// Calls visit(where the input's lanes begin within a plane) for the window's inputs, in row order.
template <typename Visit>
HWY_INLINE void for_each_input(const PoolShape& s, const Window& rows, const Window& columns, Visit visit) {
  for (int row = rows.begin; row < rows.end; ++row) {
    for (int column = columns.begin; column < columns.end; ++column)
      visit((static_cast<size_t>(row) * static_cast<size_t>(s.width) + static_cast<size_t>(column)) * kLanes);
  }
}

// Calls visit(the first input of the channel, the output, its rows, its columns) for every vector of the
// output.
template <typename Visit>
HWY_INLINE void for_each_output(const PoolShape& s, Visit visit) {
  const size_t plane = block_floats(1, s.height, s.width);
  size_t out = 0;
  for (size_t c = 0; c < static_cast<size_t>(s.channels); ++c) {
    for (const Window& rows : s.rows) {
      for (const Window& columns : s.columns) {
        for (size_t part = 0; part < kLanes; part += kVector)
          visit(c * plane + part, out + part, rows, columns);
        out += kLanes;
      }
    }
  }
}

HWY_INLINE V one_over_size(const Window& rows, const Window& columns) {
  return hn::Set(D(), 1.0F / static_cast<float>(rows.size * columns.size));
}

HWY_INLINE V window_maximum(const PoolShape& s, const float* x, const Window& rows, const Window& columns) {
  V best = hn::Set(D(), -std::numeric_limits<float>::infinity());
  for_each_input(s, rows, columns, [&](size_t at) HWY_ATTR { best = maximum(best, hn::Load(D(), x + at)); });
  return best;
}

void forward(const PoolShape& s, const float* x, float* y) {
  const D d;
  for_each_output(s, [&](size_t from, size_t out, const Window& rows, const Window& columns) HWY_ATTR {
    if (s.pooling == Pooling::kMax) return hn::Store(window_maximum(s, x + from, rows, columns), d, y + out);
    V sum = hn::Zero(d);
    for_each_input(s, rows, columns,
                   [&](size_t at) HWY_ATTR { sum = hn::Add(sum, hn::Load(d, x + from + at)); });
    hn::Store(hn::Mul(sum, one_over_size(rows, columns)), d, y + out);
  });
}

HWY_INLINE void add_to(float* sum, V value) {
  const D d;
  hn::Store(hn::Add(hn::Load(d, sum), value), d, sum);
}

void backward(const PoolShape& s, const float* dy, const float* x, float* dx) {
  const D d;
  std::fill_n(dx, block_floats(s.channels, s.height, s.width), 0.0F);
  for_each_output(s, [&](size_t from, size_t out, const Window& rows, const Window& columns) HWY_ATTR {
    const V gradient = hn::Load(d, dy + out);
    if (s.pooling == Pooling::kAverage) {
      const V share = hn::Mul(gradient, one_over_size(rows, columns));
      return for_each_input(s, rows, columns, [&](size_t at) HWY_ATTR { add_to(dx + from + at, share); });
    }
    const V best = window_maximum(s, x + from, rows, columns);
    M taken = hn::MaskFromVec(hn::Zero(d));
    for_each_input(s, rows, columns, [&](size_t at) HWY_ATTR {
      const M wins = hn::AndNot(taken, hn::Eq(hn::Load(d, x + from + at), best));
      taken = hn::Or(taken, wins);
      add_to(dx + from + at, hn::IfThenElseZero(wins, gradient));
    });
  });
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(forward);
HWY_EXPORT(backward);

void pool_forward(const PoolShape& shape, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(forward)(shape, x, y);
}
void pool_backward(const PoolShape& shape, const float* dy, const float* x, float* dx) {
  HWY_DYNAMIC_DISPATCH(backward)(shape, dy, x, dx);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

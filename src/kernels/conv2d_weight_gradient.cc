// Convolution's weight gradient: dweights[k][tap] = sum over pixels and images of dy[k][pixel] * x[tap +
// pixel].
//
// A tile holds kTile output channels x kTaps taps of accumulators and walks over the pixels; taps of
// different kernel columns, rows and channels are treated alike, so any kernel fills the tile. Rows are taken
// in bands whose dy fits in the L1 cache, because the tile for the next taps reads the same dy again. Most
// layers are a single band, so the accumulators stay in registers from the first pixel to the last. After the
// last band the lanes are summed.
//
// Pairs of bfloat16 are rearranged, a band of rows at a time, because here the sum runs over pixels and not
// over channels: where the processor multiplies pairs, two columns of one channel become a pair; elsewhere
// the pairs are widened to floats. That is a load and a few operations for every hundred multiply-adds, where
// widening them in the tile would take one for every two.
#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "kernels/conv2d.h"
#include "kernels/conv2d_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d_weight_gradient.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/elements-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
// The largest tile. AVX-512: 5 x 4 accumulators + 4 of x + 1 of dy = 25 of 32 registers; AVX2: 4 x 3 + 3 + 1
// = 16 of 16, and 7 loads for 12 multiply-adds.
constexpr int kMaxOutputs = kVector == 16 ? 5 : 4;
constexpr int kMaxTaps = kVector == 16 ? 4 : 3;
constexpr int kTogether =
    kVector == 16 ? 16 : 24;  // taps whose lanes are summed at once: whole tiles, whole vectors
constexpr size_t kBandBytes = size_t{kVector == 16 ? 24 : 16} * 1024;

int band_rows_of(int columns) {
  const size_t row_bytes = kMaxOutputs * static_cast<size_t>(columns) * kLanes * sizeof(float);
  return static_cast<int>(std::max<size_t>(1, kBandBytes / row_bytes));
}

// What a tile walks over: the columns of floats in order; those of widened pairs, of each two the odd one
// first; or pairs of columns, in the bits of floats.
struct Floats {};
struct WidenedPairs {};
struct ColumnPairs {};
using PairWalk = std::conditional_t<kPairInstruction, ColumnPairs, WidenedPairs>;

template <typename Walk>
int columns_of(int width) {
  return std::is_same_v<Walk, ColumnPairs> ? (width + 1) / 2 : width;
}
int pair_band_rows(int width) {
  return band_rows_of(columns_of<PairWalk>(width));
}

template <typename Walk>
HWY_INLINE V multiply_add(V gradient, V in, V sum) {
  if constexpr (std::is_same_v<Walk, ColumnPairs>) {
    return add_pair_products(gradient, in, sum);
  } else {
    return hn::MulAdd(gradient, in, sum);
  }
}

// A band of rows of one tile: where the pixels lie, in floats.
struct Band {
  int rows;
  int columns;  // or pairs of them
  bool first;   // the accumulators begin at zero
  bool last;    // they are summed over the lanes
  size_t dy_channel, dy_row, dy_column;
  size_t x_channel;
  size_t x_row, x_column;  // between the inputs of neighbouring outputs: stride included
};

// Accumulators of a tile in memory, [kTile][kTaps][16]; `channel` is the distance of output channels in
// floats.
struct Sums {
  float* data;
  size_t channel;
};

template <typename Walk, int kTile, int kTaps>
void accumulate_tile(const Band& band, const float* dy, const float* const* taps, Sums from, Sums to) {
  const D d;
  for (size_t part = 0; part < kLanes; part += kVector) {
    V sums[kTile][kTaps];
    for (size_t k = 0; k < kTile; ++k) {
      for (size_t t = 0; t < kTaps; ++t)
        sums[k][t] = band.first ? hn::Zero(d) : hn::Load(d, from.data + part + k * from.channel + t * kLanes);
    }
    for (int row = 0; row < band.rows; ++row) {
      const float* dy_pixel = dy + part + static_cast<size_t>(row) * band.dy_row;
      size_t x_offset = part + static_cast<size_t>(row) * band.x_row;
      const auto add_column = [&](size_t ahead) HWY_ATTR {
        const size_t x_at = x_offset + ahead * band.x_column;
        const float* dy_at = dy_pixel + ahead * band.dy_column;
        // For the taps of the next channel. AVX2 gains nothing from it and loses a quarter of its speed.
        if constexpr (kVector == kLanes) prefetch(taps[0] + x_at, band.x_channel);
        V in[kTaps];
        for (size_t t = 0; t < kTaps; ++t) in[t] = hn::Load(d, taps[t] + x_at);
        for (size_t k = 0; k < kTile; ++k) {
          const V gradient = hn::Load(d, dy_at + k * band.dy_channel);
          for (size_t t = 0; t < kTaps; ++t) sums[k][t] = multiply_add<Walk>(gradient, in[t], sums[k][t]);
        }
      };
      int col = 0;
      if constexpr (std::is_same_v<Walk, WidenedPairs>) {
        for (; col + 1 < band.columns;
             col += 2, dy_pixel += 2 * band.dy_column, x_offset += 2 * band.x_column) {
          add_column(1);
          add_column(0);
        }
      }
      for (; col < band.columns; ++col, dy_pixel += band.dy_column, x_offset += band.x_column) add_column(0);
    }
    for (size_t k = 0; k < kTile; ++k) {
      for (size_t t = 0; t < kTaps; ++t)
        hn::Store(sums[k][t], d, to.data + part + k * to.channel + t * kLanes);
    }
  }
}

using TileFunction = void (*)(const Band&, const float*, const float* const*, Sums, Sums);
using TileRow = std::array<TileFunction, kMaxTaps>;  // by taps - 1

template <typename Walk, int kTile>
constexpr TileRow tile_row() {
  return []<size_t... kTap>(std::index_sequence<kTap...>) {
    return TileRow{accumulate_tile<Walk, kTile, static_cast<int>(kTap) + 1>...};
  }
  (std::make_index_sequence<kMaxTaps>());
}
template <typename Walk>
constexpr auto kTiles = []<size_t... kTile>(std::index_sequence<kTile...>) {
  return std::array<TileRow, kMaxOutputs>{
      tile_row<Walk, static_cast<int>(kTile) + 1>()...};  // by outputs - 1
}
(std::make_index_sequence<kMaxOutputs>());

// Accumulates `count` <= kTogether taps from `tap` on for the tile of output channels k .. k+tile-1 of a
// channel group; in the last band, writes their gradients. `sums` [outputs][T][16] carries the accumulators
// from band to band.
template <typename Walk>
void accumulate_taps(const ConvShape& shape, const Band& band, View<const float> x, const float* dy, int k,
                     int tile, int tap, int count, float* sums, float* dweights) {
  const int area = shape.kernel_h * shape.kernel_w;
  const auto taps = static_cast<size_t>(shape.taps());
  const size_t first = static_cast<size_t>(k) * taps + static_cast<size_t>(tap);
  alignas(64) float finished[kMaxOutputs * kTogether * kLanes];
  for (int done = 0; done < count;) {
    const int now = next_share(count - done, kMaxTaps);
    std::array<const float*, kMaxTaps> inputs{};
    for (int t = 0; t < now; ++t) {
      const int index = tap + done + t;
      inputs[static_cast<size_t>(t)] =
          x.at(index / area, index / shape.kernel_w % shape.kernel_h * shape.dilation_h,
               index % shape.kernel_w * shape.dilation_w);
    }
    const size_t offset = static_cast<size_t>(done) * kLanes;
    const Sums carried{sums + first * kLanes + offset, taps * kLanes};
    const Sums kept{finished + offset, size_t{kTogether} * kLanes};
    kTiles<Walk>[static_cast<size_t>(tile - 1)][static_cast<size_t>(now - 1)](
        band, dy + static_cast<size_t>(k) * band.dy_channel, inputs.data(), carried,
        band.last ? kept : carried);
    done += now;
  }
  for (size_t t = 0; band.last && t < static_cast<size_t>(tile); ++t)
    sum_lanes(finished + t * kTogether * kLanes, static_cast<size_t>(count), dweights + first + t * taps);
}

// A band of one channel group.
template <typename Walk>
void accumulate_band(const ConvShape& shape, const Band& band, View<const float> x, const float* dy,
                     float* sums, float* dweights) {
  for (int k = 0; k < shape.group_outputs();) {
    const int tile = next_share(shape.group_outputs() - k, kMaxOutputs);
    for (int tap = 0; tap < shape.taps(); tap += kTogether) {
      const int count = std::min(kTogether, shape.taps() - tap);
      accumulate_taps<Walk>(shape, band, x, dy, k, tile, tap, count, sums, dweights);
    }
    k += tile;
  }
}

template <typename Element>
void bias_gradient(const ConvShape& shape, View<const Element> dy, float* dbias) {
  const D d;
  constexpr int kOf = kChannelsOf<Element>;
  const int height = shape.out_height();
  const int width = shape.out_width();
  for (int k = 0; k < shape.out_channels; ++k) {
    alignas(64) std::array<float, kLanes> lanes{};
    for (int row = 0; row < height; ++row) {
      for (int col = 0; col < width; ++col) {
        const Element* pixel = dy.at(k / kOf, row, col);
        for (size_t part = 0; part < kLanes; part += kVector)
          hn::Store(hn::Add(hn::Load(d, lanes.data() + part), load(pixel + part).of[k % kOf]), d,
                    lanes.data() + part);
      }
    }
    dbias[k] = sum_lanes(lanes.data());
  }
}

// A linear layer has one pixel: the products of two rows of 16 lanes are summed as they arise. Accumulators
// would give the same bits, but would be written once and read once.
void linear_weight_gradient(const ConvShape& shape, const float* x, const float* dy, float* dweights) {
  const D d;
  const auto inputs = static_cast<size_t>(shape.in_channels);
  for (size_t k = 0; k < static_cast<size_t>(shape.out_channels); ++k) {
    const float* gradient = dy + k * kLanes;
    const auto product = [&](const float* rows, size_t j) HWY_ATTR {
      return hn::Mul(hn::Load(d, rows + j * kVector), hn::Load(d, gradient + j * kVector % kLanes));
    };
    size_t c = 0;
    for (; c + kVector <= inputs; c += kVector)
      hn::StoreU(sum_rows([&](size_t j) HWY_ATTR { return product(x + c * kLanes, j); }), d,
                 dweights + k * inputs + c);
    for (; c < inputs; ++c) {
      alignas(64) float row[kLanes];
      for (size_t j = 0; j < kLanes / kVector; ++j)
        hn::Store(product(x + c * kLanes, j), d, row + j * kVector);
      dweights[k * inputs + c] = sum_lanes(row);
    }
  }
}

bool is_linear(const ConvShape& shape) {
  return shape.in_height == 1 && shape.in_width == 1 && shape.kernel_h == 1 && shape.kernel_w == 1 &&
         shape.groups == 1 && shape.pad_h == 0 && shape.pad_w == 0;
}

// Some rows of pairs of channels, [channels][height][width].
struct Rows {
  View<const Bf16Pair> at;
  int channels;
  int height;
  int width;
};

// Rearranges them into `scratch`, channel by channel: `rearranged(row, col)` gives the vectors of the even
// and the odd channel for column `col` of the `columns` that result.
template <typename Rearranged>
View<const float> rearrange(const Rows& rows, int columns, float* scratch, Rearranged rearranged) {
  const View<float> to = dense_view(scratch, rows.height, columns);
  for (int c = 0; c < rows.channels; c += 2) {
    const bool has_odd = c + 1 < rows.channels;
    for (int row = 0; row < rows.height; ++row) {
      const Bf16Pair* from = rows.at.at(c / 2, row, 0);
      float* even = to.at(c, row, 0);
      for (int col = 0; col < columns; ++col, even += kLanes) {
        for (size_t part = 0; part < kLanes; part += kVector) {
          const Values<Bf16Pair> channels = rearranged(from + part, col);
          hn::Store(channels.of[0], D(), even + part);
          if (has_odd) hn::Store(channels.of[1], D(), even + to.channel + part);
        }
      }
    }
  }
  return {to.data, to.channel, to.row, to.column};
}

// As floats.
View<const float> widen(const Rows& rows, float* scratch) {
  return rearrange(rows, rows.width, scratch, [&](const Bf16Pair* row, int col) HWY_ATTR {
    return load(row + static_cast<size_t>(col) * rows.at.column);
  });
}

// As pairs of columns, the first of them `step` columns apart; the second is `distance` columns from the
// first, and zero beyond the width.
View<const float> pair_columns(const Rows& rows, int step, int distance, float* scratch) {
  const auto paired = [&](const Bf16Pair* row, int col) HWY_ATTR {
    const D d;
    const hn::RebindToUnsigned<D> words;
    const auto upper = hn::Set(words, 0xFFFF0000U);
    const Bf16Pair* from = row + static_cast<size_t>(col * step) * rows.at.column;
    const auto first = hn::Load(words, from);
    const auto second = col * step + distance < rows.width
                            ? hn::Load(words, from + static_cast<size_t>(distance) * rows.at.column)
                            : hn::Zero(words);
    const auto even = hn::Or(hn::AndNot(upper, first), hn::ShiftLeft<16>(second));
    const auto odd = hn::Or(hn::ShiftRight<16>(first), hn::And(upper, second));
    return Values<Bf16Pair>{{hn::BitCast(d, even), hn::BitCast(d, odd)}};
  };
  return rearrange(rows, (rows.width + step - 1) / step, scratch, paired);
}

// Floats, to which nothing need be done, have no scratch.
template <typename Walk, typename Element>
void weight_gradient(const ConvShape& shape, View<const Element> x, View<const Element> dy, float* scratch,
                     float* dweights) {
  const int height = shape.out_height();
  const int width = shape.out_width();
  const int x_width = (width - 1) * shape.stride_w + shape.extent_w();
  float* const wide_x = scratch + shape.weights() * kLanes;
  const int columns = columns_of<Walk>(width);
  const int band_rows = band_rows_of(columns);
  for (int row = 0; row < height; row += band_rows) {
    const int rows = std::min(band_rows, height - row);
    const int x_rows = (rows - 1) * shape.stride_h + shape.extent_h();
    View<const Element> x_band = x;
    x_band.data = x.at(0, row * shape.stride_h, 0);
    View<const Element> dy_band = dy;
    dy_band.data = dy.at(0, row, 0);
    float* const wide_dy = wide_x + block_floats(shape.in_channels, x_rows, x_width);
    int x_step = shape.stride_w;
    View<const float> x_floats, dy_floats;
    if constexpr (std::is_same_v<Walk, Floats>) {
      x_floats = x_band;
      dy_floats = dy_band;
    } else {
      const Rows x_pairs{x_band, shape.in_channels, x_rows, x_width};
      const Rows dy_pairs{dy_band, shape.out_channels, rows, width};
      if constexpr (std::is_same_v<Walk, WidenedPairs>) {
        x_floats = widen(x_pairs, wide_x);
        dy_floats = widen(dy_pairs, wide_dy);
      } else {
        x_floats = pair_columns(x_pairs, 1, shape.stride_w, wide_x);
        dy_floats = pair_columns(dy_pairs, 2, 1, wide_dy);
        x_step *= 2;
      }
    }
    const Band band{.rows = rows,
                    .columns = columns,
                    .first = row == 0,
                    .last = row + band_rows >= height,
                    .dy_channel = dy_floats.channel,
                    .dy_row = dy_floats.row,
                    .dy_column = dy_floats.column,
                    .x_channel = x_floats.channel,
                    .x_row = x_floats.row * static_cast<size_t>(shape.stride_h),
                    .x_column = x_floats.column * static_cast<size_t>(x_step)};
    for (int group = 0; group < shape.groups; ++group) {
      const int k = group * shape.group_outputs();
      const size_t first = static_cast<size_t>(k) * static_cast<size_t>(shape.taps());
      View<const float> x_group = x_floats;
      x_group.data = x_floats.at(group * shape.group_inputs(), 0, 0);
      accumulate_band<Walk>(shape, band, x_group, dy_floats.at(k, 0, 0), scratch + first * kLanes,
                            dweights + first);
    }
  }
}

// What is dispatched to.

void weight_gradient_of_floats(const ConvShape& shape, View<const float> x, View<const float> dy,
                               float* scratch, float* dweights, float* dbias) {
  if (dbias != nullptr) bias_gradient(shape, dy, dbias);
  if (is_linear(shape)) return linear_weight_gradient(shape, x.data, dy.data, dweights);
  weight_gradient<Floats>(shape, x, dy, scratch, dweights);
}
void weight_gradient_of_pairs(const ConvShape& shape, View<const Bf16Pair> x, View<const Bf16Pair> dy,
                              float* scratch, float* dweights, float* dbias) {
  if (dbias != nullptr) bias_gradient(shape, dy, dbias);
  if (is_linear(shape)) {
    float* const wide_x = scratch + shape.weights() * kLanes;
    float* const wide_dy = wide_x + block_floats(shape.in_channels, 1, 1);
    return linear_weight_gradient(shape, widen({x, shape.in_channels, 1, 1}, wide_x).data,
                                  widen({dy, shape.out_channels, 1, 1}, wide_dy).data, dweights);
  }
  weight_gradient<PairWalk>(shape, x, dy, scratch, dweights);
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(pair_band_rows);
HWY_EXPORT(weight_gradient_of_floats);
HWY_EXPORT(weight_gradient_of_pairs);

size_t weight_gradient_scratch(const ConvShape& shape, bool pairs) {
  size_t floats = shape.weights() * kLanes;
  if (!pairs) return floats;
  const int rows = std::min(shape.out_height(), HWY_DYNAMIC_DISPATCH(pair_band_rows)(shape.out_width()));
  const int x_rows = (rows - 1) * shape.stride_h + shape.extent_h();
  const int x_width = (shape.out_width() - 1) * shape.stride_w + shape.extent_w();
  return floats + block_floats(shape.in_channels, x_rows, x_width) +
         block_floats(shape.out_channels, rows, shape.out_width());
}

void conv2d_weight_gradient(const ConvShape& shape, View<const float> x, View<const float> dy, float* scratch,
                            float* dweights, float* dbias) {
  HWY_DYNAMIC_DISPATCH(weight_gradient_of_floats)
  (shape, x, dy, scratch, dweights, dbias);
}
void conv2d_weight_gradient(const ConvShape& shape, View<const Bf16Pair> x, View<const Bf16Pair> dy,
                            float* scratch, float* dweights, float* dbias) {
  HWY_DYNAMIC_DISPATCH(weight_gradient_of_pairs)
  (shape, x, dy, scratch, dweights, dbias);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

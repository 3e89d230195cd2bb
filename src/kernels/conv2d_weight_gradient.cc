// Convolution's weight gradient: dweights[k][tap] = sum over pixels and images of dy[k][pixel] * x[tap +
// pixel].
//
// A tile holds kTile output channels x kTaps taps of accumulators and walks over the pixels; taps of
// different kernel columns, rows and channels are alike, so any kernel fills the tile. Rows are taken in
// bands whose dy fits the first-level cache, because the tile for the next taps reads the same dy again.
#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/conv2d.h"
#include "kernels/conv2d_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d_weight_gradient.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
// AVX-512: 5 x 4 accumulators + 5 of dy + 1 of x = 26 of 32 registers; AVX2: 5 x 2 + 5 + 1 = 16 of 16.
constexpr int kMaxTaps = kVector == 16 ? 4 : 2;
constexpr size_t kBandBytes = size_t{16} * 1024;

// A band of rows of one tile: where the pixels lie, in floats.
struct Band {
  int rows;
  int columns;
  size_t dy_channel, dy_row, dy_column;
  size_t x_row, x_column;  // between the inputs of neighbouring outputs: stride included
  size_t sums_channel;     // floats between the tile's output channels in the accumulators: T * 16
};

template <int kTile, int kTaps>
void accumulate_tile(const Band& band, const float* dy, const float* const* taps, float* sums_at) {
  const D d;
  for (size_t part = 0; part < kLanes; part += kVector) {
    V sums[kTile][kTaps];
    for (int k = 0; k < kTile; ++k) {
      for (int t = 0; t < kTaps; ++t)
        sums[k][t] = hn::Load(
            d, sums_at + part + static_cast<size_t>(k) * band.sums_channel + static_cast<size_t>(t) * kLanes);
    }
    for (int row = 0; row < band.rows; ++row) {
      const float* dy_pixel = dy + part + static_cast<size_t>(row) * band.dy_row;
      size_t x_offset = part + static_cast<size_t>(row) * band.x_row;
      for (int col = 0; col < band.columns; ++col, dy_pixel += band.dy_column, x_offset += band.x_column) {
        V gradient[kTile];
        for (int k = 0; k < kTile; ++k)
          gradient[k] = hn::Load(d, dy_pixel + static_cast<size_t>(k) * band.dy_channel);
        for (int t = 0; t < kTaps; ++t) {
          const V in = hn::Load(d, taps[t] + x_offset);
          for (int k = 0; k < kTile; ++k) sums[k][t] = hn::MulAdd(gradient[k], in, sums[k][t]);
        }
      }
    }
    for (int k = 0; k < kTile; ++k) {
      for (int t = 0; t < kTaps; ++t)
        hn::Store(
            sums[k][t], d,
            sums_at + part + static_cast<size_t>(k) * band.sums_channel + static_cast<size_t>(t) * kLanes);
    }
  }
}

using TileFunction = void (*)(const Band&, const float*, const float* const*, float*);

template <int kTile>
constexpr std::array<TileFunction, 4> kTileRow = {accumulate_tile<kTile, 1>, accumulate_tile<kTile, 2>,
                                                  accumulate_tile<kTile, 3>, accumulate_tile<kTile, 4>};
constexpr std::array<std::array<TileFunction, 4>, kMaxTile> kTileFunctions = {
    kTileRow<1>, kTileRow<2>, kTileRow<3>, kTileRow<4>, kTileRow<5>};

// Adds a band of rows to the accumulators [outputs][T][16] of one channel group.
void accumulate_band(const ConvShape& shape, const Band& band, View<const float> x, const float* dy,
                     float* sums) {
  const int taps = shape.taps();
  const int area = shape.kernel_h * shape.kernel_w;
  for (int k = 0; k < shape.group_outputs();) {
    const int tile = next_share(shape.group_outputs() - k, kMaxTile);
    for (int tap = 0; tap < taps; tap += kMaxTaps) {
      const int count = std::min(kMaxTaps, taps - tap);
      std::array<const float*, kMaxTaps> tap_inputs{};
      for (int t = 0; t < count; ++t) {
        const int index = tap + t;
        tap_inputs[static_cast<size_t>(t)] =
            x.at(index / area, index / shape.kernel_w % shape.kernel_h, index % shape.kernel_w);
      }
      kTileFunctions[static_cast<size_t>(tile - 1)][static_cast<size_t>(count - 1)](
          band, dy + static_cast<size_t>(k) * band.dy_channel, tap_inputs.data(),
          sums + (static_cast<size_t>(k) * taps + tap) * kLanes);
    }
    k += tile;
  }
}

void bias_gradient(const ConvShape& shape, View<const float> dy, float* dbias) {
  const D d;
  for (int k = 0; k < shape.out_channels; ++k) {
    alignas(64) std::array<float, kLanes> lanes{};
    for (int row = 0; row < shape.out_height(); ++row) {
      for (int col = 0; col < shape.out_width(); ++col) {
        const float* pixel = dy.at(k, row, col);
        for (size_t part = 0; part < kLanes; part += kVector)
          hn::Store(hn::Add(hn::Load(d, lanes.data() + part), hn::Load(d, pixel + part)), d,
                    lanes.data() + part);
      }
    }
    sum_lanes(lanes.data(), 1, dbias + k);
  }
}

// A linear layer has one pixel: the products of two rows of 16 lanes are summed as they arise. Same bits as
// by accumulators, which would be written once and read once.
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
      sum_lanes(row, 1, dweights + k * inputs + c);
    }
  }
}

void weight_gradient(const ConvShape& shape, View<const float> x, View<const float> dy, float* scratch,
                     float* dweights, float* dbias) {
  if (dbias != nullptr) bias_gradient(shape, dy, dbias);
  if (shape.in_height == 1 && shape.in_width == 1 && shape.kernel_h == 1 && shape.kernel_w == 1 &&
      shape.groups == 1 && shape.pad_h == 0 && shape.pad_w == 0)
    return linear_weight_gradient(shape, x.data, dy.data, dweights);
  const int height = shape.out_height();
  const size_t row_bytes = kMaxTile * static_cast<size_t>(shape.out_width()) * kLanes * sizeof(float);
  const int band_rows = static_cast<int>(std::max<size_t>(1, kBandBytes / row_bytes));
  std::memset(scratch, 0, shape.weights() * kLanes * sizeof(float));
  for (int row = 0; row < height; row += band_rows) {
    const Band band{.rows = std::min(band_rows, height - row),
                    .columns = shape.out_width(),
                    .dy_channel = dy.channel,
                    .dy_row = dy.row,
                    .dy_column = dy.column,
                    .x_row = x.row * static_cast<size_t>(shape.stride_h),
                    .x_column = x.column * static_cast<size_t>(shape.stride_w),
                    .sums_channel = static_cast<size_t>(shape.taps()) * kLanes};
    for (int group = 0; group < shape.groups; ++group) {
      const int k = group * shape.group_outputs();
      View<const float> x_group = x;
      x_group.data = x.at(group * shape.group_inputs(), row * shape.stride_h, 0);
      accumulate_band(shape, band, x_group, dy.at(k, row, 0),
                      scratch + static_cast<size_t>(k) * band.sums_channel);
    }
  }
  sum_lanes(scratch, shape.weights(), dweights);
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(weight_gradient);

void conv2d_weight_gradient(const ConvShape& shape, View<const float> x, View<const float> dy, float* scratch,
                            float* dweights, float* dbias) {
  HWY_DYNAMIC_DISPATCH(weight_gradient)(shape, x, dy, scratch, dweights, dbias);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

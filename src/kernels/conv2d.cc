// Convolution forward and input gradient: both are a correlation with a window that slides over a
// zero-bordered input. Every output element is one chain of fused multiply-adds over (input channel, kernel
// row, kernel column) in that order, whatever the tile and the vector width, so all targets with FMA give the
// same bits.
#include "kernels/conv2d.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/conv2d_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
constexpr int kColumns = kVector == 16 ? 4 : 2;  // see conv2d_tiles.h

// One tile's view of the work: a window of inputs x kernel rows x kernel columns, and where its parts lie.
struct Window {
  int inputs;
  int rows;          // kernel rows that are used, after clipping
  int columns;       // kernel columns
  size_t x_channel;  // floats between the inputs of neighbouring channels,
  size_t x_row;      // rows and columns of the window: dilation included
  size_t x_column;
  size_t step;       // floats between the inputs of neighbouring outputs: stride included
  size_t w_channel;  // floats of packed weights of one input channel; rows that are clipped are skipped
  size_t y_channel;  // floats between the tile's output channels
  size_t y_row;      // floats between rows of outputs
  bool zero_edges;   // the two columns before the first and after the last are zeros
};

// What a tile knows at compile time about the kernel's width and about zeros beside its columns.
enum class Width {
  kAny,         // any width, stride and dilation
  kThree,       // 3 columns, stride and dilation 1: neighbouring outputs share their inputs
  kZerosLeft,   // the same, and the tile begins with two columns of zeros
  kZerosRight,  // the same, and two columns of zeros follow the tile's
  kZerosBoth,
};

// Input column i of a tile with shared inputs is known to be zero.
template <Width kWidth, int kCols>
constexpr bool is_zero(int i) {
  const bool left = kWidth == Width::kZerosLeft || kWidth == Width::kZerosBoth;
  const bool right = kWidth == Width::kZerosRight || kWidth == Width::kZerosBoth;
  return (left && i < 2) || (right && i >= kCols);
}

// Adds one kernel row, column by column, and loads the inputs of each column anew.
template <int kTile, int kCols>
HWY_INLINE void add_kernel_row(const Window& window, const float* x, const float* w,
                               V (&sums)[kTile][kCols]) {
  const D d;
  for (int kx = 0; kx < window.columns; ++kx, x += window.x_column, w += kTile) {
    V in[kCols];
    for (int col = 0; col < kCols; ++col) in[col] = hn::Load(d, x + static_cast<size_t>(col) * window.step);
    for (int k = 0; k < kTile; ++k) {
      const V weight = hn::Set(d, w[k]);
      for (int col = 0; col < kCols; ++col) sums[k][col] = hn::MulAdd(weight, in[col], sums[k][col]);
    }
  }
}

// The same for three columns, but loads every input once and skips products with zeros.
template <Width kWidth, int kTile, int kCols>
HWY_INLINE void add_three(const float* x, const float* w, V (&sums)[kTile][kCols]) {
  const D d;
  V in[kCols + 2];
  for (int i = 0; i < kCols + 2; ++i) {
    if (!is_zero<kWidth, kCols>(i)) in[i] = hn::Load(d, x + static_cast<size_t>(i) * kLanes);
  }
  for (int kx = 0; kx < 3; ++kx) {
    for (int k = 0; k < kTile; ++k) {
      const V weight = hn::Set(d, w[kx * kTile + k]);
      for (int col = 0; col < kCols; ++col) {
        if (!is_zero<kWidth, kCols>(col + kx)) sums[k][col] = hn::MulAdd(weight, in[col + kx], sums[k][col]);
      }
    }
  }
}

// y[k][column] for kTile output channels and kCols columns.
template <Width kWidth, int kTile, int kCols>
void correlate_tile(const Window& window, const float* x, const float* w, const float* bias, float* y) {
  const D d;
  const size_t w_row = static_cast<size_t>(window.columns) * kTile;
  for (size_t k = 0; k < kTile; ++k) {  // where the tile below will be stored
    for (size_t col = 0; col < kCols; ++col) prefetch(y + k * window.y_channel + col * kLanes, window.y_row);
  }
  for (size_t part = 0; part < kLanes; part += kVector) {
    V sums[kTile][kCols];
    for (int k = 0; k < kTile; ++k) {
      for (int col = 0; col < kCols; ++col) sums[k][col] = hn::Set(d, bias == nullptr ? 0.0F : bias[k]);
    }
    for (int c = 0; c < window.inputs; ++c) {
      const float* w_tap = w + static_cast<size_t>(c) * window.w_channel;
      const float* x_tap = x + part + static_cast<size_t>(c) * window.x_channel;
      for (int ky = 0; ky < window.rows; ++ky, x_tap += window.x_row, w_tap += w_row) {
        if constexpr (kWidth == Width::kAny) {
          add_kernel_row(window, x_tap, w_tap, sums);
        } else {
          add_three<kWidth>(x_tap, w_tap, sums);
        }
      }
    }
    for (int k = 0; k < kTile; ++k) {
      for (int col = 0; col < kCols; ++col) {
        hn::Store(sums[k][col], d,
                  y + part + static_cast<size_t>(k) * window.y_channel + static_cast<size_t>(col) * kLanes);
      }
    }
  }
}

using TileFunction = void (*)(const Window&, const float*, const float*, const float*, float*);
using TileRow = std::array<TileFunction, kColumns>;  // by columns - 1
using TileTable = std::array<TileRow, kMaxTile>;     // by output channels - 1

template <Width kWidth, int kTile>
constexpr TileRow tile_row() {
  return []<size_t... kCol>(std::index_sequence<kCol...>) {
    return TileRow{correlate_tile<kWidth, kTile, static_cast<int>(kCol) + 1>...};
  }
  (std::make_index_sequence<kColumns>());
}
template <Width kWidth>
constexpr TileTable kTiles = {tile_row<kWidth, 1>(), tile_row<kWidth, 2>(), tile_row<kWidth, 3>(),
                              tile_row<kWidth, 4>(), tile_row<kWidth, 5>()};

const TileTable& tiles_for(bool three, bool zeros_left, bool zeros_right) {
  if (!three) return kTiles<Width::kAny>;
  if (zeros_left && zeros_right) return kTiles<Width::kZerosBoth>;
  if (zeros_left) return kTiles<Width::kZerosLeft>;
  return zeros_right ? kTiles<Width::kZerosRight> : kTiles<Width::kThree>;
}

// One row of `width` outputs for all output channels of one channel group; `w` is at the first used kernel
// row.
void correlate_row(const Window& window, int outputs, int width, size_t tap_floats, const float* x,
                   const float* w, size_t w_skip, const float* bias, float* y) {
  const bool three = window.columns == 3 && window.step == kLanes && window.x_column == kLanes;
  for (int col = 0; col < width;) {
    const int cols = next_share(width - col, kColumns);
    const bool zeros_left = window.zero_edges && col == 0;
    const bool zeros_right = window.zero_edges && col + cols == width;
    const TileTable& tiles = tiles_for(three, zeros_left, zeros_right);
    for (int k = 0; k < outputs;) {
      const int tile = next_share(outputs - k, kMaxTile);
      Window tile_window = window;
      tile_window.w_channel *= static_cast<size_t>(tile);
      tiles[static_cast<size_t>(tile - 1)][static_cast<size_t>(cols - 1)](
          tile_window, x + static_cast<size_t>(col) * window.step,
          w + static_cast<size_t>(k) * tap_floats + w_skip * static_cast<size_t>(tile),
          bias == nullptr ? nullptr : bias + k,
          y + static_cast<size_t>(k) * window.y_channel + static_cast<size_t>(col) * kLanes);
      k += tile;
    }
    col += cols;
  }
}

// Adds one row of kChannels channels to their band's moment sums; the band's first row sets the pivots.
// Several channels at once, because each is a chain of dependent additions. `band` is where the band begins
// in y.
template <size_t kChannels>
HWY_INLINE void add_row_moments(size_t width, size_t plane, const float* band, size_t row, float* sums,
                                float* squares) {
  const D d;
  for (size_t part = 0; part < kLanes; part += kVector) {
    V pivot[kChannels];
    V sum[kChannels];
    V square[kChannels];
    for (size_t k = 0; k < kChannels; ++k) {
      pivot[k] = hn::Load(d, band + k * plane + part);
      sum[k] = row == 0 ? hn::Zero(d) : hn::Load(d, sums + k * kLanes + part);
      square[k] = row == 0 ? hn::Zero(d) : hn::Load(d, squares + k * kLanes + part);
    }
    for (size_t pixel = row * width; pixel < (row + 1) * width; ++pixel) {
      for (size_t k = 0; k < kChannels; ++k) {
        const V centred = hn::Sub(hn::Load(d, band + k * plane + pixel * kLanes + part), pivot[k]);
        sum[k] = hn::Add(sum[k], centred);
        square[k] = hn::MulAdd(centred, centred, square[k]);
      }
    }
    for (size_t k = 0; k < kChannels; ++k) {
      hn::Store(sum[k], d, sums + k * kLanes + part);
      hn::Store(square[k], d, squares + k * kLanes + part);
    }
  }
}

void add_row_moments(size_t channels, size_t width, size_t plane, const float* y, size_t row,
                     const MomentSums& moments) {
  constexpr size_t kTogether = kMaxTile;
  const auto rows = static_cast<size_t>(moment_rows(static_cast<int>(width)));
  const size_t band = row / rows;
  const float* begin = y + band * rows * width * kLanes;
  float* sum = moments.sum + band * channels * kLanes;
  float* squares = moments.squares + band * channels * kLanes;
  size_t k = 0;
  for (; k + kTogether <= channels; k += kTogether)
    add_row_moments<kTogether>(width, plane, begin + k * plane, row % rows, sum + k * kLanes,
                               squares + k * kLanes);
  for (; k < channels; ++k)
    add_row_moments<1>(width, plane, begin + k * plane, row % rows, sum + k * kLanes, squares + k * kLanes);
}

void all_moment_sums(const float* y, int channels, int height, int width, const MomentSums& sums) {
  for (int row = 0; row < height; ++row)
    add_row_moments(static_cast<size_t>(channels), static_cast<size_t>(width), block_floats(1, height, width),
                    y, static_cast<size_t>(row), sums);
}

void rectify(float* y, size_t floats) {
  const D d;
  for (size_t at = 0; at < floats; at += kVector) {
    const V value = hn::Load(d, y + at);
    hn::Store(hn::IfThenZeroElse(not_positive(value), value), d, y + at);
  }
}

void forward(const ConvShape& shape, View<const float> x, const float* packed, const float* bias, float* y,
             const ConvEpilogue& epilogue) {
  const int width = shape.out_width();
  const int outputs = shape.group_outputs();
  const auto taps = static_cast<size_t>(shape.taps());
  const size_t plane = block_floats(1, shape.out_height(), width);
  const Window window{.inputs = shape.group_inputs(),
                      .rows = shape.kernel_h,
                      .columns = shape.kernel_w,
                      .x_channel = x.channel,
                      .x_row = x.row * static_cast<size_t>(shape.dilation_h),
                      .x_column = x.column * static_cast<size_t>(shape.dilation_w),
                      .step = x.column * static_cast<size_t>(shape.stride_w),
                      .w_channel = static_cast<size_t>(shape.kernel_h) * shape.kernel_w,
                      .y_channel = plane,
                      .y_row = static_cast<size_t>(width) * kLanes,
                      .zero_edges = false};
  for (int row = 0; row < shape.out_height(); ++row) {
    for (int group = 0; group < shape.groups; ++group) {
      const int k = group * outputs;
      correlate_row(window, outputs, width, taps, x.at(group * shape.group_inputs(), row * shape.stride_h, 0),
                    packed + static_cast<size_t>(k) * taps, 0, bias == nullptr ? nullptr : bias + k,
                    y + static_cast<size_t>(k) * plane + static_cast<size_t>(row) * width * kLanes);
    }
    for (size_t k = 0; epilogue.relu && k < static_cast<size_t>(shape.out_channels); ++k)
      rectify(y + k * plane + static_cast<size_t>(row) * window.y_row, window.y_row);
    if (epilogue.moments != nullptr)
      add_row_moments(static_cast<size_t>(shape.out_channels), static_cast<size_t>(width), plane, y,
                      static_cast<size_t>(row), *epilogue.moments);
  }
}

void input_gradient(const ConvShape& shape, const float* canvas, const float* packed, float* dx) {
  const Canvas geometry = gradient_canvas(shape);
  const auto dy = dense_view(canvas, geometry.height, geometry.width);
  const int width = shape.in_width;
  const int inputs = shape.group_inputs();
  const size_t taps = static_cast<size_t>(shape.group_outputs()) * shape.kernel_h * shape.kernel_w;
  const size_t plane = block_floats(1, shape.in_height, width);
  Window window{.inputs = shape.group_outputs(),
                .rows = 0,
                .columns = shape.kernel_w,
                .x_channel = dy.channel,
                .x_row = dy.row * static_cast<size_t>(shape.dilation_h),
                .x_column = dy.column * static_cast<size_t>(shape.dilation_w),
                .step = dy.column,
                .w_channel = static_cast<size_t>(shape.kernel_h) * shape.kernel_w,
                .y_channel = plane,
                .y_row = static_cast<size_t>(width) * kLanes,
                .zero_edges = shape.kernel_w == 3 && shape.stride_w == 1 && shape.pad_w == 0};
  const int last =
      geometry.top + (shape.out_height() - 1) * shape.stride_h;  // the canvas is zero outside top..last
  const int dilation = shape.dilation_h;
  for (int row = 0; row < shape.in_height; ++row) {
    const int start = row + geometry.first_row;
    const int first_ky = std::clamp((geometry.top - start + dilation - 1) / dilation, 0, shape.kernel_h);
    window.rows = std::clamp((last - start + dilation) / dilation, first_ky, shape.kernel_h) - first_ky;
    for (int group = 0; group < shape.groups; ++group) {
      const int c = group * inputs;
      correlate_row(window, inputs, width, taps,
                    dy.at(group * shape.group_outputs(), start + first_ky * dilation, geometry.first_column),
                    packed + static_cast<size_t>(c) * taps, static_cast<size_t>(first_ky) * shape.kernel_w,
                    nullptr, dx + static_cast<size_t>(c) * plane + static_cast<size_t>(row) * width * kLanes);
    }
  }
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(forward);
HWY_EXPORT(all_moment_sums);
HWY_EXPORT(input_gradient);

void conv2d_forward(const ConvShape& shape, View<const float> x, const float* packed, const float* bias,
                    float* y, const ConvEpilogue& epilogue) {
  HWY_DYNAMIC_DISPATCH(forward)(shape, x, packed, bias, y, epilogue);
}

void moment_sums(const float* y, int channels, int height, int width, const MomentSums& sums) {
  HWY_DYNAMIC_DISPATCH(all_moment_sums)(y, channels, height, width, sums);
}

void conv2d_input_gradient(const ConvShape& shape, const float* canvas, const float* packed, float* dx) {
  HWY_DYNAMIC_DISPATCH(input_gradient)(shape, canvas, packed, dx);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

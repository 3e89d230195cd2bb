// Convolution forward and input gradient: both are a correlation with a window that slides over a
// zero-bordered input. Every output element is one chain of fused multiply-adds over (input channel or pair
// of them, kernel row, kernel column) in that order, whatever the tile and the vector width, so all targets
// with FMA give the same bits.
#include "kernels/conv2d.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "kernels/conv2d_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/elements-inl.h"
#include "kernels/moments-inl.h"
#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
constexpr int kColumns = kVector == 16 ? 4 : 2;  // see conv2d_tiles.h

// How a tile multiplies its inputs by the weights; kWeights is what a tap has packed for each output.
struct Floats {
  using Element = float;
  static constexpr int kWeights = 1;
  static HWY_INLINE V add(V weight, V in, V sum) { return hn::MulAdd(weight, in, sum); }
};
struct PairsByTwoFmas {
  using Element = Bf16Pair;
  static constexpr int kWeights = 2;
};
struct PairsByInstruction {
  using Element = Bf16Pair;
  static constexpr int kWeights = 1;
  static HWY_INLINE V add(V weight, V in, V sum) { return add_pair_products(weight, in, sum); }
};
using Pairs = std::conditional_t<kPairInstruction, PairsByInstruction, PairsByTwoFmas>;

HWY_INLINE V load_input(const float* x) {
  return hn::Load(D(), x);
}
HWY_INLINE V load_input(const Bf16Pair* x) {
  return hn::BitCast(D(), hn::Load(hn::RebindToUnsigned<D>(), x));
}

// One tile's view of the work: a window of inputs x kernel rows x kernel columns, and where its parts lie.
struct Window {
  int inputs;        // channels, or pairs of them
  int rows;          // kernel rows that are used, after clipping
  int columns;       // kernel columns
  size_t x_channel;  // elements between the neighbouring inputs,
  size_t x_row;      // rows and columns of the window: dilation included
  size_t x_column;
  size_t step;       // elements between the inputs of neighbouring outputs: stride included
  size_t w_channel;  // packed weights of an input for one output; rows that are clipped are skipped
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
template <typename Arithmetic, int kTile, int kCols>
HWY_INLINE void add_kernel_row(const Window& window, const typename Arithmetic::Element* x, const float* w,
                               V (&sums)[kTile][kCols]) {
  const D d;
  for (int kx = 0; kx < window.columns; ++kx, x += window.x_column, w += kTile) {
    V in[kCols];
    for (int col = 0; col < kCols; ++col) in[col] = load_input(x + static_cast<size_t>(col) * window.step);
    for (int k = 0; k < kTile; ++k) {
      const V weight = hn::Set(d, w[k]);
      for (int col = 0; col < kCols; ++col) sums[k][col] = Arithmetic::add(weight, in[col], sums[k][col]);
    }
  }
}

// The same for three columns, but loads every input once and skips products with zeros.
template <typename Arithmetic, Width kWidth, int kTile, int kCols>
HWY_INLINE void add_three(const typename Arithmetic::Element* x, const float* w, V (&sums)[kTile][kCols]) {
  const D d;
  V in[kCols + 2];
  for (int i = 0; i < kCols + 2; ++i) {
    if (!is_zero<kWidth, kCols>(i)) in[i] = load_input(x + static_cast<size_t>(i) * kLanes);
  }
  for (int kx = 0; kx < 3; ++kx) {
    for (int k = 0; k < kTile; ++k) {
      const V weight = hn::Set(d, w[kx * kTile + k]);
      for (int col = 0; col < kCols; ++col) {
        if (!is_zero<kWidth, kCols>(col + kx))
          sums[k][col] = Arithmetic::add(weight, in[col + kx], sums[k][col]);
      }
    }
  }
}

// The same by two multiply-adds for a pair: of each tap first the odd channels, then the even ones.
template <Width kWidth, int kTile, int kCols>
HWY_INLINE void add_widened(const Window& window, const Bf16Pair* x, const float* w,
                            V (&sums)[kTile][kCols]) {
  const D d;
  const int columns = kWidth == Width::kAny ? window.columns : 3;
  for (int kx = 0; kx < columns; ++kx, x += window.x_column) {
    Values<Bf16Pair> in[kCols];
    for (int col = 0; col < kCols; ++col) {
      if (!is_zero<kWidth, kCols>(col + kx)) in[col] = load(x + static_cast<size_t>(col) * window.step);
    }
    for (const int odd : {1, 0}) {
      for (int k = 0; k < kTile; ++k) {
        const V weight = hn::Set(d, *w++);
        for (int col = 0; col < kCols; ++col) {
          if (!is_zero<kWidth, kCols>(col + kx))
            sums[k][col] = hn::MulAdd(weight, in[col].of[odd], sums[k][col]);
        }
      }
    }
  }
}

// y[k][column] for kTile output channels and kCols columns.
template <typename Arithmetic, Width kWidth, int kTile, int kCols>
void correlate_tile(const Window& window, const typename Arithmetic::Element* x, const float* w,
                    const float* bias, float* y) {
  const D d;
  const size_t w_row = static_cast<size_t>(window.columns) * kTile * Arithmetic::kWeights;
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
      const auto* x_tap = x + part + static_cast<size_t>(c) * window.x_channel;
      for (int ky = 0; ky < window.rows; ++ky, x_tap += window.x_row, w_tap += w_row) {
        if constexpr (std::is_same_v<Arithmetic, PairsByTwoFmas>) {
          add_widened<kWidth>(window, x_tap, w_tap, sums);
        } else if constexpr (kWidth == Width::kAny) {
          add_kernel_row<Arithmetic>(window, x_tap, w_tap, sums);
        } else {
          add_three<Arithmetic, kWidth>(x_tap, w_tap, sums);
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

template <typename Arithmetic>
using TileFunction = void (*)(const Window&, const typename Arithmetic::Element*, const float*, const float*,
                              float*);
template <typename Arithmetic>
using TileRow = std::array<TileFunction<Arithmetic>, kColumns>;  // by columns - 1
template <typename Arithmetic>
using TileTable = std::array<TileRow<Arithmetic>, kMaxTile>;  // by output channels - 1

template <typename Arithmetic, Width kWidth, int kTile>
constexpr TileRow<Arithmetic> tile_row() {
  return []<size_t... kCol>(std::index_sequence<kCol...>) {
    return TileRow<Arithmetic>{correlate_tile<Arithmetic, kWidth, kTile, static_cast<int>(kCol) + 1>...};
  }
  (std::make_index_sequence<kColumns>());
}
template <typename Arithmetic, Width kWidth>
constexpr TileTable<Arithmetic> kTiles = {
    tile_row<Arithmetic, kWidth, 1>(), tile_row<Arithmetic, kWidth, 2>(), tile_row<Arithmetic, kWidth, 3>(),
    tile_row<Arithmetic, kWidth, 4>(), tile_row<Arithmetic, kWidth, 5>()};

template <typename Arithmetic>
const TileTable<Arithmetic>& tiles_for(bool three, bool zeros_left, bool zeros_right) {
  if (!three) return kTiles<Arithmetic, Width::kAny>;
  if (zeros_left && zeros_right) return kTiles<Arithmetic, Width::kZerosBoth>;
  if (zeros_left) return kTiles<Arithmetic, Width::kZerosLeft>;
  return zeros_right ? kTiles<Arithmetic, Width::kZerosRight> : kTiles<Arithmetic, Width::kThree>;
}

// One row of `width` outputs for all output channels of one channel group; `w` is at the first used kernel
// row.
template <typename Arithmetic>
void correlate_row(const Window& window, int outputs, int width, size_t tap_floats,
                   const typename Arithmetic::Element* x, const float* w, size_t w_skip, const float* bias,
                   float* y) {
  const bool three = window.columns == 3 && window.step == kLanes && window.x_column == kLanes;
  for (int col = 0; col < width;) {
    const int cols = next_share(width - col, kColumns);
    const bool zeros_left = window.zero_edges && col == 0;
    const bool zeros_right = window.zero_edges && col + cols == width;
    const TileTable<Arithmetic>& tiles = tiles_for<Arithmetic>(three, zeros_left, zeros_right);
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

// A row of y: floats themselves, or what is rounded to pairs when the row is complete.
struct RowBuffer {
  float* data;
  size_t channel;  // floats between its channels
};

RowBuffer row_buffer(float* y, size_t plane, size_t at, float* /*scratch*/, size_t /*width*/) {
  return {y + at, plane};
}
RowBuffer row_buffer(Bf16Pair* /*y*/, size_t /*plane*/, size_t /*at*/, float* scratch, size_t width) {
  return {scratch, width * kLanes};
}

// Completes row `at` elements from the beginning of y.
void store_row(const RowBuffer& /*row*/, int /*channels*/, size_t /*plane*/, size_t /*at*/, float* /*y*/) {}
void store_row(const RowBuffer& row, int channels, size_t plane, size_t at, Bf16Pair* y) {
  const float* even = row.data;
  for (int c = 0; c < channels; c += 2, even += 2 * row.channel, y += plane) {
    const bool has_odd = c + 1 < channels;
    for (size_t lane = 0; lane < row.channel; lane += kVector) {
      const V odd = has_odd ? hn::Load(D(), even + row.channel + lane) : hn::Zero(D());
      store({{hn::Load(D(), even + lane), odd}}, y + at + lane);
    }
  }
}

void rectify(float* y, size_t floats) {
  const D d;
  for (size_t at = 0; at < floats; at += kVector) {
    const V value = hn::Load(d, y + at);
    hn::Store(hn::IfThenZeroElse(not_positive(value), value), d, y + at);
  }
}

template <typename Arithmetic, typename Out>
void forward(const ConvShape& shape, View<const typename Arithmetic::Element> x, const float* packed,
             const float* bias, Out* y, const ConvEpilogue& epilogue) {
  constexpr int kOf = kChannelsOf<typename Arithmetic::Element>;
  const int width = shape.out_width();
  const int outputs = shape.group_outputs();
  const int inputs = (shape.group_inputs() + kOf - 1) / kOf;
  const int channel_weights = Arithmetic::kWeights * shape.kernel_h * shape.kernel_w;
  const size_t taps = static_cast<size_t>(inputs) * channel_weights;
  const size_t plane = block_floats(1, shape.out_height(), width);
  const size_t row_floats = static_cast<size_t>(width) * kLanes;
  for (int row = 0; row < shape.out_height(); ++row) {
    const size_t at = static_cast<size_t>(row) * row_floats;
    const RowBuffer out = row_buffer(y, plane, at, epilogue.row, static_cast<size_t>(width));
    const Window window{.inputs = inputs,
                        .rows = shape.kernel_h,
                        .columns = shape.kernel_w,
                        .x_channel = x.channel,
                        .x_row = x.row * static_cast<size_t>(shape.dilation_h),
                        .x_column = x.column * static_cast<size_t>(shape.dilation_w),
                        .step = x.column * static_cast<size_t>(shape.stride_w),
                        .w_channel = static_cast<size_t>(channel_weights),
                        .y_channel = out.channel,
                        .y_row = row_floats,
                        .zero_edges = false};
    for (int group = 0; group < shape.groups; ++group) {
      const int k = group * outputs;
      correlate_row<Arithmetic>(window, outputs, width, taps, x.at(group * inputs, row * shape.stride_h, 0),
                                packed + static_cast<size_t>(k) * taps, 0,
                                bias == nullptr ? nullptr : bias + k,
                                out.data + static_cast<size_t>(k) * out.channel);
    }
    for (size_t k = 0; epilogue.relu && k < static_cast<size_t>(shape.out_channels); ++k)
      rectify(out.data + k * out.channel, row_floats);
    store_row(out, shape.out_channels, plane, at, y);
    if (epilogue.moments != nullptr)
      add_row_moments(static_cast<size_t>(shape.out_channels), static_cast<size_t>(width), plane, y,
                      static_cast<size_t>(row), *epilogue.moments);
  }
}

template <typename Arithmetic, typename Element = typename Arithmetic::Element>
void input_gradient(const ConvShape& shape, const Element* canvas, const float* packed, float* scratch,
                    Element* dx) {
  constexpr int kOf = kChannelsOf<Element>;
  const Canvas geometry = gradient_canvas(shape);
  const auto dy = dense_view(canvas, geometry.height, geometry.width);
  const int width = shape.in_width;
  const int inputs = shape.group_inputs();
  const int outputs = (shape.group_outputs() + kOf - 1) / kOf;
  const int channel_weights = Arithmetic::kWeights * shape.kernel_h * shape.kernel_w;
  const size_t taps = static_cast<size_t>(outputs) * channel_weights;
  const size_t plane = block_floats(1, shape.in_height, width);
  const size_t row_floats = static_cast<size_t>(width) * kLanes;
  const int last =
      geometry.top + (shape.out_height() - 1) * shape.stride_h;  // the canvas is zero outside top..last
  const int dilation = shape.dilation_h;
  for (int row = 0; row < shape.in_height; ++row) {
    const int start = row + geometry.first_row;
    const int first_ky = std::clamp((geometry.top - start + dilation - 1) / dilation, 0, shape.kernel_h);
    const size_t at = static_cast<size_t>(row) * row_floats;
    const RowBuffer out = row_buffer(dx, plane, at, scratch, static_cast<size_t>(width));
    const Window window{
        .inputs = outputs,
        .rows = std::clamp((last - start + dilation) / dilation, first_ky, shape.kernel_h) - first_ky,
        .columns = shape.kernel_w,
        .x_channel = dy.channel,
        .x_row = dy.row * static_cast<size_t>(dilation),
        .x_column = dy.column * static_cast<size_t>(shape.dilation_w),
        .step = dy.column,
        .w_channel = static_cast<size_t>(channel_weights),
        .y_channel = out.channel,
        .y_row = row_floats,
        .zero_edges = shape.kernel_w == 3 && shape.stride_w == 1 && shape.pad_w == 0};
    for (int group = 0; group < shape.groups; ++group) {
      const int c = group * inputs;
      correlate_row<Arithmetic>(window, inputs, width, taps,
                                dy.at(group * outputs, start + first_ky * dilation, geometry.first_column),
                                packed + static_cast<size_t>(c) * taps,
                                static_cast<size_t>(first_ky) * shape.kernel_w * Arithmetic::kWeights,
                                nullptr, out.data + static_cast<size_t>(c) * out.channel);
    }
    store_row(out, shape.in_channels, plane, at, dx);
  }
}

// What is dispatched to.

void forward_floats(const ConvShape& shape, View<const float> x, const float* packed, const float* bias,
                    float* y, const ConvEpilogue& epilogue) {
  forward<Floats>(shape, x, packed, bias, y, epilogue);
}
void forward_to_pairs(const ConvShape& shape, View<const float> x, const float* packed, const float* bias,
                      Bf16Pair* y, const ConvEpilogue& epilogue) {
  forward<Floats>(shape, x, packed, bias, y, epilogue);
}
void forward_pairs(const ConvShape& shape, View<const Bf16Pair> x, const float* packed, const float* bias,
                   Bf16Pair* y, const ConvEpilogue& epilogue) {
  forward<Pairs>(shape, x, packed, bias, y, epilogue);
}
void moments_of_floats(const float* y, int channels, int height, int width, const MomentSums& sums) {
  all_moment_sums(y, channels, height, width, sums);
}
void moments_of_pairs(const Bf16Pair* y, int channels, int height, int width, const MomentSums& sums) {
  all_moment_sums(y, channels, height, width, sums);
}
void input_gradient_of_floats(const ConvShape& shape, const float* canvas, const float* packed, float* dx) {
  input_gradient<Floats>(shape, canvas, packed, nullptr, dx);
}
void input_gradient_of_pairs(const ConvShape& shape, const Bf16Pair* canvas, const float* packed, float* row,
                             Bf16Pair* dx) {
  input_gradient<Pairs>(shape, canvas, packed, row, dx);
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(forward_floats);
HWY_EXPORT(forward_to_pairs);
HWY_EXPORT(forward_pairs);
HWY_EXPORT(moments_of_floats);
HWY_EXPORT(moments_of_pairs);
HWY_EXPORT(input_gradient_of_floats);
HWY_EXPORT(input_gradient_of_pairs);

void conv2d_forward(const ConvShape& shape, View<const float> x, const float* packed, const float* bias,
                    float* y, const ConvEpilogue& epilogue) {
  HWY_DYNAMIC_DISPATCH(forward_floats)(shape, x, packed, bias, y, epilogue);
}
void conv2d_forward(const ConvShape& shape, View<const float> x, const float* packed, const float* bias,
                    Bf16Pair* y, const ConvEpilogue& epilogue) {
  HWY_DYNAMIC_DISPATCH(forward_to_pairs)(shape, x, packed, bias, y, epilogue);
}
void conv2d_forward(const ConvShape& shape, View<const Bf16Pair> x, const float* packed, const float* bias,
                    Bf16Pair* y, const ConvEpilogue& epilogue) {
  HWY_DYNAMIC_DISPATCH(forward_pairs)(shape, x, packed, bias, y, epilogue);
}

void moment_sums(const float* y, int channels, int height, int width, const MomentSums& sums) {
  HWY_DYNAMIC_DISPATCH(moments_of_floats)(y, channels, height, width, sums);
}
void moment_sums(const Bf16Pair* y, int channels, int height, int width, const MomentSums& sums) {
  HWY_DYNAMIC_DISPATCH(moments_of_pairs)(y, channels, height, width, sums);
}

void conv2d_input_gradient(const ConvShape& shape, const float* canvas, const float* packed, float* dx) {
  HWY_DYNAMIC_DISPATCH(input_gradient_of_floats)(shape, canvas, packed, dx);
}
void conv2d_input_gradient(const ConvShape& shape, const Bf16Pair* canvas, const float* packed, float* row,
                           Bf16Pair* dx) {
  HWY_DYNAMIC_DISPATCH(input_gradient_of_pairs)(shape, canvas, packed, row, dx);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

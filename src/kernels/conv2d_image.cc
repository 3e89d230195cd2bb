// A convolution as a table of taps and a table of positions: output k at a position is the bias plus the sum
// over taps of weight * x[tap + position]. Strides, dilation and groups are in the tables, so there are two
// loops only, one with pixels in the lanes and one with output channels, in either arithmetic.
#include "kernels/conv2d_image.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/require.h"
#include "kernels/conv2d_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d_image.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

using Position = ImageConv::Position;

struct Floats {
  using T = float;
  using Tag = D;
  static HWY_INLINE V multiply_add(V weight, V x, V sum) { return hn::MulAdd(weight, x, sum); }
};

// Two 16-bit integers in each 32-bit lane.
struct Pairs {
  using T = int32_t;
  using Tag = hn::CappedTag<int32_t, kLanes>;
  static HWY_INLINE hn::Vec<Tag> multiply_add(hn::Vec<Tag> weight, hn::Vec<Tag> x, hn::Vec<Tag> sum) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
    // One instruction multiplies and adds pairs; its other sum stays zero, and unused.
    const hn::Repartition<int16_t, Tag> halves;
    auto unused = hn::Zero(Tag());
    sum = hn::ReorderWidenMulAccumulate(Tag(), hn::BitCast(halves, weight), hn::BitCast(halves, x), sum,
                                        unused);
#if HWY_COMPILER_GCC_ACTUAL
    asm("" : "+v"(sum.raw));  // otherwise GCC 12 keeps every sum twice, and half of them in memory
#endif
    return sum;
#else
    const auto low = [](hn::Vec<Tag> pair) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(pair)); };
    const auto upper = hn::Mul(hn::ShiftRight<16>(weight), hn::ShiftRight<16>(x));
    return hn::Add(sum, hn::Add(upper, hn::Mul(low(weight), low(x))));
#endif
  }
};

constexpr int kColumns = kVector == 16 ? 4 : 2;  // see conv2d_tiles.h

// kTile output channels of kCols vectors of pixels. `w` holds [T][kTile].
template <typename A, int kTile, int kCols>
void pixel_tile(std::span<const uint32_t> taps, const Position* at, const typename A::T* x,
                const typename A::T* bias, const typename A::T* w, size_t plane, typename A::T* y) {
  const typename A::Tag d;
  using Vector = hn::Vec<typename A::Tag>;
  const typename A::T* from[kCols];
  for (int col = 0; col < kCols; ++col) from[col] = x + at[col].x;
  Vector sums[kTile][kCols];
  for (int k = 0; k < kTile; ++k) {
    for (int col = 0; col < kCols; ++col) sums[k][col] = hn::Set(d, bias[k]);
  }
  size_t t = 0;
  do {  // there is a tap, which GCC must know to keep the sums in registers
    const size_t tap = taps[t];
    Vector in[kCols];
    for (int col = 0; col < kCols; ++col) in[col] = hn::LoadU(d, from[col] + tap);
    for (int k = 0; k < kTile; ++k) {
      const Vector weight = hn::Set(d, w[k]);
      for (int col = 0; col < kCols; ++col) sums[k][col] = A::multiply_add(weight, in[col], sums[k][col]);
    }
    w += kTile;
  } while (++t < taps.size());
  for (int k = 0; k < kTile; ++k) {
    for (int col = 0; col < kCols; ++col)
      hn::StoreU(sums[k][col], d, y + static_cast<size_t>(k) * plane + at[col].y);
  }
}

// kVectors vectors of output channels at kCols pixels; the first `channels` channels are stored. `w` holds
// rows of `row` values, one per tap.
template <typename A, int kVectors, int kCols>
void channel_tile(std::span<const uint32_t> taps, const Position* at, const typename A::T* x,
                  const typename A::T* bias, const typename A::T* w, size_t row, int channels, size_t plane,
                  typename A::T* y) {
  const typename A::Tag d;
  using Vector = hn::Vec<typename A::Tag>;
  const typename A::T* from[kCols];
  for (int col = 0; col < kCols; ++col) from[col] = x + at[col].x;
  Vector sums[kVectors][kCols];
  for (int v = 0; v < kVectors; ++v) {
    for (int col = 0; col < kCols; ++col)
      sums[v][col] = hn::LoadU(d, bias + static_cast<size_t>(v) * kVector);
  }
  size_t t = 0;
  do {  // there is a tap, which GCC must know to keep the sums in registers
    const size_t tap = taps[t];
    Vector in[kCols];
    for (int col = 0; col < kCols; ++col) in[col] = hn::Set(d, from[col][tap]);
    for (int v = 0; v < kVectors; ++v) {
      const Vector weight = hn::LoadU(d, w + static_cast<size_t>(v) * kVector);
      for (int col = 0; col < kCols; ++col) sums[v][col] = A::multiply_add(weight, in[col], sums[v][col]);
    }
    w += row;
  } while (++t < taps.size());
  typename A::T values[kVectors * kVector];
  for (int col = 0; col < kCols; ++col) {
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[v][col], d, values + static_cast<size_t>(v) * kVector);
    for (int k = 0; k < channels; ++k) y[static_cast<size_t>(k) * plane + at[col].y] = values[k];
  }
}

template <typename T>
using PixelTile = void (*)(std::span<const uint32_t>, const Position*, const T*, const T*, const T*, size_t,
                           T*);
template <typename T>
using ChannelTile = void (*)(std::span<const uint32_t>, const Position*, const T*, const T*, const T*, size_t,
                             int, size_t, T*);

template <typename A, int kTile, size_t... kCol>
constexpr auto pixel_row(std::index_sequence<kCol...> /*columns*/) {
  return std::array<PixelTile<typename A::T>, kColumns>{pixel_tile<A, kTile, static_cast<int>(kCol) + 1>...};
}
template <typename A, size_t... kTile>
constexpr auto pixel_table(std::index_sequence<kTile...> /*tiles*/) {
  return std::array{pixel_row<A, static_cast<int>(kTile) + 1>(std::make_index_sequence<kColumns>())...};
}
template <typename A>
constexpr auto kPixelTiles = pixel_table<A>(std::make_index_sequence<kMaxTile>());

template <typename A>
void pixels(const ImageConv& conv, int group, const typename A::T* x, const typename A::T* packed,
            typename A::T* y) {
  const size_t taps_count = conv.group_taps();
  const std::span taps(conv.taps.data() + static_cast<size_t>(group) * taps_count, taps_count);
  const typename A::T* bias = packed;
  const typename A::T* weights = packed + conv.group_outputs;
  const auto count = static_cast<int>(conv.positions.size());
  for (int at = 0; at < count;) {
    const int cols = next_share(count - at, kColumns);
    for (int k = 0; k < conv.group_outputs;) {
      const int tile = next_share(conv.group_outputs - k, kMaxTile);
      kPixelTiles<A>[static_cast<size_t>(tile - 1)][static_cast<size_t>(cols - 1)](
          taps, conv.positions.data() + at, x, bias + k, weights + static_cast<size_t>(k) * taps_count,
          conv.output.plane, y + static_cast<size_t>(k) * conv.output.plane);
      k += tile;
    }
    at += cols;
  }
}

// Vectors of channels at once: at one position as many as there are registers, because each is a chain of
// dependent sums; at more positions kMaxTile of these share their weights.
constexpr int kMostVectors = 8;
constexpr int kSharedVectors = 2;

template <typename A, int kCols, size_t... kVectors>
constexpr auto channel_row(std::index_sequence<kVectors...> /*vectors*/) {
  return std::array<ChannelTile<typename A::T>, sizeof...(kVectors)>{
      channel_tile<A, static_cast<int>(kVectors) + 1, kCols>...};
}
template <typename A>
constexpr auto kOnePosition = channel_row<A, 1>(std::make_index_sequence<kMostVectors>());
template <typename A, size_t... kCol>
constexpr auto channel_table(std::index_sequence<kCol...> /*columns*/) {
  return std::array{
      channel_row<A, static_cast<int>(kCol) + 1>(std::make_index_sequence<kSharedVectors>())...};
}
template <typename A>
constexpr auto kSomePositions = channel_table<A>(std::make_index_sequence<kMaxTile>());

int padded_outputs(const ImageConv& conv) {
  constexpr auto kFloats = static_cast<int>(kVector);
  return (conv.group_outputs + kFloats - 1) / kFloats * kFloats;
}

template <typename A>
void channels(const ImageConv& conv, int group, const typename A::T* x, const typename A::T* packed,
              typename A::T* y) {
  const size_t taps_count = conv.group_taps();
  const std::span taps(conv.taps.data() + static_cast<size_t>(group) * taps_count, taps_count);
  const auto row = static_cast<size_t>(padded_outputs(conv));
  const auto vectors = static_cast<int>(row / kVector);
  const auto count = static_cast<int>(conv.positions.size());
  for (int at = 0; at < count;) {
    const int cols = next_share(count - at, kMaxTile);
    for (int v = 0; v < vectors;) {
      const int tile = next_share(vectors - v, count == 1 ? kMostVectors : kSharedVectors);
      const auto index = static_cast<size_t>(tile - 1);
      const auto run =
          count == 1 ? kOnePosition<A>[index] : kSomePositions<A>[static_cast<size_t>(cols - 1)][index];
      const size_t k = static_cast<size_t>(v) * kVector;
      const int left = conv.group_outputs - static_cast<int>(k);
      run(taps, conv.positions.data() + at, x, packed + k, packed + row + k, row,
          std::min(left, tile * static_cast<int>(kVector)), conv.output.plane, y + k * conv.output.plane);
      v += tile;
    }
    at += cols;
  }
}

// Of a group's outputs, one per output channel, as they are packed.
size_t packed_outputs(const ImageConv& conv) {
  return static_cast<size_t>(conv.lanes == ImageConv::Lanes::kPixels ? conv.group_outputs
                                                                     : padded_outputs(conv));
}

template <typename A>
void run_groups(const ImageConv& conv, const typename A::T* x, const typename A::T* packed,
                typename A::T* y) {
  const size_t group_values = packed_outputs(conv) * (1 + conv.group_taps());
  for (int group = 0; group < conv.groups; ++group) {
    if (conv.lanes == ImageConv::Lanes::kPixels) {
      pixels<A>(conv, group, x, packed, y);
    } else {
      channels<A>(conv, group, x, packed, y);
    }
    packed += group_values;
    y += static_cast<size_t>(conv.group_outputs) * conv.output.plane;
  }
}

void run_floats(const ImageConv& conv, const float* x, const float* packed, float* y) {
  run_groups<Floats>(conv, x, packed, y);
}
void run_pairs(const ImageConv& conv, const int32_t* x, const int32_t* packed, int32_t* y) {
  run_groups<Pairs>(conv, x, packed, y);
}

size_t vector_floats() {
  return kVector;
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {
namespace {

HWY_EXPORT(run_floats);
HWY_EXPORT(run_pairs);
HWY_EXPORT(packed_outputs);
HWY_EXPORT(vector_floats);

size_t shares(size_t count, size_t of) {
  return (count + of - 1) / of;
}

// Vectors of pixels, each row's from its beginning, or as if the rows were one: then outputs keep the input's
// rows.
struct Cut {
  bool is_flat = false;
  size_t vectors = 0;
};

Cut cut_of(const ConvShape& shape, const Planes& input, size_t vector) {
  const auto rows = static_cast<size_t>(shape.out_height());
  const auto columns = static_cast<size_t>(shape.out_width());
  const Cut by_row{false, rows * shares(columns, vector)};
  if (shape.stride_h != 1) return by_row;
  const Cut flat{true, shares((rows - 1) * input.row + columns, vector)};
  return flat.vectors < by_row.vectors ? flat : by_row;
}

std::vector<uint32_t> taps_of(const ConvShape& shape, const Planes& input) {
  std::vector<uint32_t> taps;
  if (shape.in_height == 1 && shape.in_width == 1 && shape.pad_h == 0 && shape.pad_w == 0) {
    for (size_t i = 0; i < input.elements(); ++i) taps.push_back(static_cast<uint32_t>(input.at(i)));
    return taps;
  }
  for (int c = 0; c < shape.in_channels; ++c) {
    for (int ky = 0; ky < shape.kernel_h; ++ky) {
      for (int kx = 0; kx < shape.kernel_w; ++kx)
        taps.push_back(static_cast<uint32_t>(input.at(c, ky * shape.dilation_h, kx * shape.dilation_w)));
    }
  }
  return taps;
}

// Every `step`-th output of each row.
std::vector<ImageConv::Position> positions_of(const ConvShape& shape, const Planes& input,
                                              const Planes& output, int step) {
  std::vector<ImageConv::Position> positions;
  for (int y = 0; y < output.height; ++y) {
    for (int x = 0; x < output.width; x += step)
      positions.push_back({static_cast<uint32_t>(input.at(0, y * shape.stride_h, x * shape.stride_w)),
                           static_cast<uint32_t>(output.at(0, y, x))});
  }
  return positions;
}

}  // namespace

ImageConv image_conv(const ConvShape& shape, const Planes& input) {
  const size_t vector = HWY_DYNAMIC_DISPATCH(vector_floats)();
  const int height = shape.out_height();
  const int width = shape.out_width();
  ImageConv conv{.groups = shape.groups,
                 .group_outputs = shape.group_outputs(),
                 .output = planes_of(shape.out_channels, height, width),
                 .taps = taps_of(shape, input),
                 .positions = {}};
  const Cut cut = cut_of(shape, input, vector);
  const size_t by_channel = conv.output.pixels() * static_cast<size_t>(shape.groups) *
                            shares(static_cast<size_t>(conv.group_outputs), vector);
  if (shape.stride_w != 1 || by_channel < cut.vectors * static_cast<size_t>(shape.out_channels)) {
    conv.lanes = ImageConv::Lanes::kChannels;
    conv.positions = positions_of(shape, input, conv.output, 1);
  } else if (cut.is_flat) {
    conv.output = planes_of(shape.out_channels, height, width, input.row);
    for (size_t i = 0; i < cut.vectors; ++i)
      conv.positions.push_back({static_cast<uint32_t>(i * vector), static_cast<uint32_t>(i * vector)});
  } else {
    conv.positions = positions_of(shape, input, conv.output, static_cast<int>(vector));
  }
  return conv;
}

size_t ImageConv::packed_values() const {
  return static_cast<size_t>(groups) * HWY_DYNAMIC_DISPATCH(packed_outputs)(*this) * (1 + group_taps());
}

namespace {

template <typename T>
void pack(const ImageConv& conv, const T* weights, const T* bias, T* packed) {
  const size_t taps = conv.group_taps();
  const auto outputs = static_cast<size_t>(conv.group_outputs);
  const size_t padded = HWY_DYNAMIC_DISPATCH(packed_outputs)(conv);
  const bool is_tiled = conv.lanes == ImageConv::Lanes::kPixels;
  for (size_t group = 0; group < static_cast<size_t>(conv.groups); ++group, weights += outputs * taps) {
    for (size_t k = 0; k < padded; ++k)
      *packed++ = k < outputs && bias != nullptr ? bias[group * outputs + k] : 0;
    for (size_t first = 0; first < padded;) {
      const size_t tile =
          is_tiled ? static_cast<size_t>(next_share(static_cast<int>(padded - first), kMaxTile)) : padded;
      for (size_t tap = 0; tap < taps; ++tap) {
        for (size_t k = first; k < first + tile; ++k) *packed++ = k < outputs ? weights[k * taps + tap] : 0;
      }
      first += tile;
    }
  }
}

}  // namespace

void pack_for_image(const ImageConv& conv, const float* weights, const float* bias, float* packed) {
  pack(conv, weights, bias, packed);
}
void pack_for_image(const ImageConv& conv, const int32_t* weights, const int32_t* bias, int32_t* packed) {
  pack(conv, weights, bias, packed);
}

void conv2d_image(const ImageConv& conv, const float* x, const float* packed, float* y) {
  HWY_DYNAMIC_DISPATCH(run_floats)(conv, x, packed, y);
}
void conv2d_image(const ImageConv& conv, const int32_t* x, const int32_t* packed, int32_t* y) {
  HWY_DYNAMIC_DISPATCH(run_pairs)(conv, x, packed, y);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

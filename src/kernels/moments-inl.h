// The sums of a convolution's outputs from which batch norm takes its statistics, row by row (MomentSums in
// conv2d.h). Included once per Highway target, like vector-inl.h.
#if defined(RUNG_KERNELS_MOMENTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef RUNG_KERNELS_MOMENTS_INL_H
#undef RUNG_KERNELS_MOMENTS_INL_H
#else
#define RUNG_KERNELS_MOMENTS_INL_H
#endif

#include "kernels/conv2d.h"
#include "kernels/conv2d_tiles.h"
#include "kernels/elements-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {

// Adds one row of kTogether elements' channels to their band's moment sums; the band's first row sets the
// pivots. Several channels at once, because each is a chain of dependent additions. `band` is where the band
// begins in y; `channels` are left, of which the last element may hold only one.
template <typename Element, size_t kTogether>
HWY_INLINE void add_row_moments(size_t width, size_t plane, const Element* band, size_t row, size_t channels,
                                float* sums, float* squares) {
  const D d;
  constexpr size_t kChannels = kTogether * kChannelsOf<Element>;
  for (size_t part = 0; part < kLanes; part += kVector) {
    Values<Element> pivot[kTogether];
    V sum[kChannels];
    V square[kChannels];
    for (size_t k = 0; k < kTogether; ++k) pivot[k] = load(band + k * plane + part);
    for (size_t k = 0; k < kChannels; ++k) {
      const bool begins = row == 0 || k >= channels;
      sum[k] = begins ? hn::Zero(d) : hn::Load(d, sums + k * kLanes + part);
      square[k] = begins ? hn::Zero(d) : hn::Load(d, squares + k * kLanes + part);
    }
    for (size_t pixel = row * width; pixel < (row + 1) * width; ++pixel) {
      for (size_t k = 0; k < kChannels; ++k) {
        constexpr size_t kOf = kChannelsOf<Element>;
        const Values<Element> value = load(band + k / kOf * plane + pixel * kLanes + part);
        const V centred = hn::Sub(value.of[k % kOf], pivot[k / kOf].of[k % kOf]);
        sum[k] = hn::Add(sum[k], centred);
        square[k] = hn::MulAdd(centred, centred, square[k]);
      }
    }
    for (size_t k = 0; k < kChannels && k < channels; ++k) {
      hn::Store(sum[k], d, sums + k * kLanes + part);
      hn::Store(square[k], d, squares + k * kLanes + part);
    }
  }
}

template <typename Element>
void add_row_moments(size_t channels, size_t width, size_t plane, const Element* y, size_t row,
                     const MomentSums& moments) {
  constexpr size_t kOf = kChannelsOf<Element>;
  constexpr size_t kTogether = kMaxTile / kOf;
  const auto rows = static_cast<size_t>(moment_rows(static_cast<int>(width)));
  const size_t band = row / rows;
  const Element* begin = y + band * rows * width * kLanes;
  float* sum = moments.sum + band * channels * kLanes;
  float* squares = moments.squares + band * channels * kLanes;
  size_t k = 0;
  for (; k + kTogether * kOf <= channels; k += kTogether * kOf)
    add_row_moments<Element, kTogether>(width, plane, begin + k / kOf * plane, row % rows, channels - k,
                                        sum + k * kLanes, squares + k * kLanes);
  for (; k < channels; k += kOf)
    add_row_moments<Element, 1>(width, plane, begin + k / kOf * plane, row % rows, channels - k,
                                sum + k * kLanes, squares + k * kLanes);
}

template <typename Element>
void all_moment_sums(const Element* y, int channels, int height, int width, const MomentSums& sums) {
  for (int row = 0; row < height; ++row)
    add_row_moments(static_cast<size_t>(channels), static_cast<size_t>(width), block_floats(1, height, width),
                    y, static_cast<size_t>(row), sums);
}

}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

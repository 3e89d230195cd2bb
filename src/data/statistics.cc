// Eight-bit pixels have only 256 values: sums over their histogram are exact where sums over pixels would
// round.
#include "data/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace rung::data {

PixelStatistics normalised_statistics(std::span<const uint8_t> pixels, const DatasetSpec& spec) {
  std::array<int64_t, 256> histogram{};
  for (const uint8_t pixel : pixels) ++histogram[pixel];
  const auto count = static_cast<double>(pixels.size());
  double sum = 0;
  for (size_t value = 0; value < 256; ++value)
    sum += static_cast<double>(histogram[value]) * static_cast<double>(value);
  const double mean = sum / count;
  double squares = 0;
  for (size_t value = 0; value < 256; ++value) {
    const double deviation = static_cast<double>(value) - mean;
    squares += static_cast<double>(histogram[value]) * deviation * deviation;
  }
  const auto normalise = [&](double pixel) { return (pixel / 255 - spec.mean) / spec.std; };
  const auto [smallest, largest] = std::ranges::minmax(pixels);
  return {.min = normalise(smallest),
          .max = normalise(largest),
          .mean = normalise(mean),
          .std = std::sqrt(squares / std::max(1.0, count - 1)) / 255 / spec.std};
}

std::vector<int> class_counts(std::span<const uint8_t> labels, int classes) {
  std::vector<int> counts(static_cast<size_t>(classes));
  for (const uint8_t label : labels) ++counts[label];
  return counts;
}

}  // namespace rung::data

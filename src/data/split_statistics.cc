// Eight-bit pixels have only 256 values: sums over their histogram are exact, while sums over pixels would
// round.
#include "data/split_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/require.h"

namespace rung::data {
namespace {

constexpr uint8_t kInk = 128;
constexpr int kStrokeImages = 10'000;

// One image's ink, and the shortest run of ink through each pixel.
class Strokes {
 public:
  Strokes(int height, int width)
      : height_(height), width_(width), ahead_(size()), behind_(size()), shortest_(size()) {}

  // Adds the widths at every ink pixel of the image to `sum`, and their number to `count`.
  void measure(std::span<const uint8_t> pixels, double& sum, int64_t& count) {
    std::ranges::fill(shortest_, std::numeric_limits<double>::infinity());
    const double diagonal = std::sqrt(2.0);
    shorten(pixels, 0, 1, 1);
    shorten(pixels, 1, 0, 1);
    shorten(pixels, 1, 1, diagonal);
    shorten(pixels, 1, -1, diagonal);
    for (size_t i = 0; i < size(); ++i) {
      if (pixels[i] < kInk) continue;
      sum += shortest_[i];
      ++count;
    }
  }

 private:
  size_t size() const { return static_cast<size_t>(height_) * static_cast<size_t>(width_); }

  // The length of the run that ends at (y, x) and comes from (y - dy, x - dx).
  int run_to(const std::vector<int>& runs, int y, int x, int dy, int dx) const {
    const bool inside = y - dy >= 0 && y - dy < height_ && x - dx >= 0 && x - dx < width_;
    return 1 + (inside ? runs[static_cast<size_t>(y - dy) * static_cast<size_t>(width_) +
                              static_cast<size_t>(x - dx)]
                       : 0);
  }

  // Shortens the widths to the runs along one direction, downwards or to the right.
  void shorten(std::span<const uint8_t> pixels, int dy, int dx, double step) {
    for (size_t i = 0; i < size(); ++i) {
      const int y = static_cast<int>(i) / width_;
      const int x = static_cast<int>(i) % width_;
      ahead_[i] = pixels[i] < kInk ? 0 : run_to(ahead_, y, x, dy, dx);
    }
    for (size_t i = size(); i-- > 0;) {
      const int y = static_cast<int>(i) / width_;
      const int x = static_cast<int>(i) % width_;
      behind_[i] = pixels[i] < kInk ? 0 : run_to(behind_, y, x, -dy, -dx);
      shortest_[i] = std::min(shortest_[i], step * (ahead_[i] + behind_[i] - 1));
    }
  }

  int height_;
  int width_;
  std::vector<int> ahead_;  // [height][width], as the next two
  std::vector<int> behind_;
  std::vector<double> shortest_;
};

std::vector<PixelHistogram> channel_histograms(const Split& split, int count) {
  RUNG_REQUIRE(count > 0 && count <= split.count);
  std::vector<PixelHistogram> histograms(static_cast<size_t>(split.channels));
  const size_t plane = split.image_bytes() / histograms.size();
  const auto pixels = std::span(split.pixels).first(static_cast<size_t>(count) * split.image_bytes());
  for (size_t at = 0; at < pixels.size(); at += plane)
    for (const uint8_t pixel : pixels.subspan(at, plane)) ++histograms[at / plane % histograms.size()][pixel];
  return histograms;
}

}  // namespace

PixelStatistics pixel_statistics(std::span<const uint8_t> pixels) {
  PixelHistogram histogram{};
  for (const uint8_t pixel : pixels) ++histogram[pixel];
  return pixel_statistics(histogram);
}

PixelStatistics pixel_statistics(const PixelHistogram& histogram) {
  double count = 0;
  double sum = 0;
  for (size_t value = 0; value < histogram.size(); ++value) {
    count += static_cast<double>(histogram[value]);
    sum += static_cast<double>(histogram[value]) * static_cast<double>(value);
  }
  RUNG_REQUIRE(count > 0);
  const double mean = sum / count;
  double squares = 0;
  for (size_t value = 0; value < histogram.size(); ++value) {
    const double deviation = static_cast<double>(value) - mean;
    squares += static_cast<double>(histogram[value]) * deviation * deviation;
  }
  const auto is_there = [](uint64_t pixels) { return pixels > 0; };
  const auto smallest = std::ranges::find_if(histogram, is_there) - histogram.begin();
  const auto above_largest = histogram.rend() - std::find_if(histogram.rbegin(), histogram.rend(), is_there);
  return {.min = static_cast<double>(smallest) / 255,
          .max = static_cast<double>(above_largest - 1) / 255,
          .mean = mean / 255,
          .std = std::sqrt(squares / std::max(1.0, count - 1)) / 255};
}

Moments moments_of(std::span<const PixelHistogram> channels) {
  std::vector<double> mean, std;
  for (const PixelHistogram& channel : channels) {
    const PixelStatistics found = pixel_statistics(channel);
    mean.push_back(found.mean);
    std.push_back(found.std);
  }
  return {ChannelValues(mean), ChannelValues(std)};
}

Moments moments_of(const Split& split, int count) {
  return moments_of(channel_histograms(split, count));
}

PixelStatistics normalised_statistics(const Split& split, const DatasetSpec& spec) {
  RUNG_REQUIRE(spec.mean && spec.std);
  const auto histograms = channel_histograms(split, split.count);
  const auto channels = static_cast<double>(histograms.size());
  std::vector<PixelStatistics> found;
  PixelStatistics all{.min = std::numeric_limits<double>::infinity(), .max = -all.min};
  for (size_t channel = 0; channel < histograms.size(); ++channel) {
    const PixelStatistics plain = pixel_statistics(histograms[channel]);
    const double centre = spec.mean->of_channel(channel);
    const double scale = spec.std->of_channel(channel);
    RUNG_REQUIRE(scale > 0);
    const auto normalise = [&](double value) { return (value - centre) / scale; };
    found.push_back({normalise(plain.min), normalise(plain.max), normalise(plain.mean), plain.std / scale});
    all.min = std::min(all.min, found.back().min);
    all.max = std::max(all.max, found.back().max);
    all.mean += found.back().mean / channels;
  }
  if (found.size() == 1) return found[0];
  const double pixels = static_cast<double>(split.pixels.size()) / channels;  // of a channel
  double squares = 0;
  for (const PixelStatistics& one : found)
    squares += one.std * one.std * (pixels - 1) + (one.mean - all.mean) * (one.mean - all.mean) * pixels;
  all.std = std::sqrt(squares / std::max(1.0, pixels * channels - 1));
  return all;
}

std::vector<int> class_counts(std::span<const uint8_t> labels, int classes) {
  std::vector<int> counts(static_cast<size_t>(classes));
  for (const uint8_t label : labels) {
    RUNG_REQUIRE(label < counts.size());
    ++counts[label];
  }
  return counts;
}

double stroke_width(const Split& split) {
  if (split.channels != 1) return 0;
  Strokes strokes(split.height, split.width);
  double sum = 0;
  int64_t count = 0;
  for (size_t image = 0; image < static_cast<size_t>(std::min(split.count, kStrokeImages)); ++image)
    strokes.measure(split.image(image), sum, count);
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace rung::data

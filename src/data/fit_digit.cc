#include "data/fit_digit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "base/require.h"
#include "data/regions.h"
#include "data/relief.h"
#include "data/resize.h"

namespace rung::data {
namespace {

constexpr int kWorkSide = 200;        // larger photographs are shrunk first: it is enough, and lessens noise
constexpr float kPaperToNoise = 3;    // paper differs less from its surface, in standard deviations
constexpr float kLeastToNoise = 5;    // ink differs more from it
constexpr float kLeastContrast = 16;  // and at least so many grey levels
constexpr int kSpeck = 20;            // what has less than this part of the largest region's area is dirt
constexpr int kLeastDigit = 30;       // a digit that is shorter than this part of the photograph is dirt, too
constexpr int kLeastInside = 100;     // so is one that has less than this part of the area at the border
constexpr int kBox = 20;              // MNIST's digits: 20 of 28 pixels
constexpr int kBoxOf = 28;
constexpr int kLevels = 256;

using Mask = std::vector<uint8_t>;  // [height,width], 0 or 1

// How much each pixel is ink, from 0 to 1.
struct Drawing {
  int area = 0;                                  // pixels that are rather ink than paper
  int top = 0, bottom = 0, left = 0, right = 0;  // of these pixels, the first and the last
  std::vector<float> ink;                        // [height,width]
};

Image shrunk(const Image& photo) {
  const int side = std::max(photo.height, photo.width);
  if (side <= kWorkSide) return photo;
  const auto part = [&](int length) { return std::max(1, (length * kWorkSide + side / 2) / side); };
  return resized(photo, part(photo.height), part(photo.width));
}

using Histogram = std::array<double, kLevels>;

// Of the values above `least`, from 0 to 255.
Histogram histogram(const std::vector<float>& values, float least) {
  Histogram counts{};
  for (const float value : values)
    if (value > least) counts[static_cast<size_t>(std::min(value, 255.0F))] += 1;
  return counts;
}

// The mean of the upper of the two classes between which there is most variance (N. Otsu, "A threshold
// selection method from gray-level histograms", 1979). If all are of one class, its mean; 0 if there are
// none.
float upper_class_mean(const Histogram& counts) {
  double above = std::accumulate(counts.begin(), counts.end(), 0.0);
  double above_sum = 0;
  for (size_t level = 0; level < kLevels; ++level) above_sum += counts[level] * static_cast<double>(level);
  double mean = above > 0 ? above_sum / above : 0;
  double most = 0;
  double below = 0;
  double below_sum = 0;
  for (size_t level = 0; level < kLevels; ++level) {
    below += counts[level];
    below_sum += counts[level] * static_cast<double>(level);
    above -= counts[level];
    above_sum -= counts[level] * static_cast<double>(level);
    if (below == 0 || above == 0) continue;
    const double distance = above_sum / above - below_sum / below;
    const double between = below * above * distance * distance;
    if (between > most) {
      most = between;
      mean = above_sum / above;
    }
  }
  return static_cast<float>(mean);
}

// The pixels of the regions for which `is_kept` holds.
template <typename IsKept>
Mask pixels_of(const Regions& regions, IsKept is_kept) {
  Mask mask(regions.labels.size(), 0);
  for (size_t at = 0; at < mask.size(); ++at) {
    const int label = regions.labels[at];
    mask[at] = label >= 0 && is_kept(regions.regions[static_cast<size_t>(label)]) ? 1 : 0;
  }
  return mask;
}

// Pixels that differ from the paper and are connected with the border.
Mask at_border(const Relief& relief) {
  const float least = std::max(kLeastContrast / 2, kPaperToNoise * relief.noise);
  Mask differs(relief.values.size());
  std::ranges::transform(relief.values, differs.begin(),
                         [&](float value) -> uint8_t { return std::abs(value) > least ? 1 : 0; });
  return pixels_of(regions_of(differs, relief.height, relief.width),
                   [](const Region& region) { return region.reaches_border; });
}

// Most of what differs much from 0 is below it: ink covers less than paper.
bool is_mostly_dark(const std::vector<float>& relief) {
  double cubes = 0;
  for (const float value : relief) cubes += static_cast<double>(value) * value * value;
  return cubes < 0;
}

// The drawing's regions with their edges; what is far from them is paper.
Drawing drawn(const std::vector<float>& strength, const Mask& digit, float level, int height, int width) {
  Drawing drawing{.top = height, .bottom = -1, .left = width, .right = -1, .ink = {}};
  drawing.ink.assign(strength.size(), 0);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const size_t at = static_cast<size_t>(row) * static_cast<size_t>(width) + static_cast<size_t>(column);
      if (digit[at] == 0) continue;
      ++drawing.area;
      drawing.top = std::min(drawing.top, row);
      drawing.bottom = std::max(drawing.bottom, row);
      drawing.left = std::min(drawing.left, column);
      drawing.right = std::max(drawing.right, column);
      for (int y = std::max(0, row - 1); y <= std::min(height - 1, row + 1); ++y) {
        for (int x = std::max(0, column - 1); x <= std::min(width - 1, column + 1); ++x) {
          const size_t near = static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
          drawing.ink[near] = std::clamp(strength[near] / level, 0.0F, 1.0F);
        }
      }
    }
  }
  return drawing;
}

// What is drawn on the paper, but for the pixels of `ignored`; none if nothing stands out.
std::optional<Drawing> drawing_of(const Relief& relief, const Mask& ignored, Ink ink) {
  std::vector<float> strength = relief.values;
  for (size_t at = 0; at < strength.size(); ++at) strength[at] *= static_cast<float>(1 - ignored[at]);
  const bool dark = ink == Ink::kEither ? is_mostly_dark(strength) : ink == Ink::kDark;
  for (float& value : strength) value = std::max(0.0F, dark ? -value : value);
  const float level = upper_class_mean(histogram(strength, kPaperToNoise * relief.noise));
  if (level < std::max(kLeastContrast, kLeastToNoise * relief.noise)) return std::nullopt;
  Mask mask(strength.size());
  std::ranges::transform(strength, mask.begin(),
                         [&](float value) -> uint8_t { return value > level / 2 ? 1 : 0; });
  const Regions regions = regions_of(mask, relief.height, relief.width);
  int largest = 0;
  for (const Region& region : regions.regions) largest = std::max(largest, region.area);
  const Mask digit =
      pixels_of(regions, [&](const Region& region) { return region.area * kSpeck >= largest; });
  Drawing drawing = drawn(strength, digit, level, relief.height, relief.width);
  const int side = std::max(drawing.bottom - drawing.top, drawing.right - drawing.left) + 1;
  if (side * kLeastDigit < std::max(relief.height, relief.width)) return std::nullopt;
  return drawing;
}

// The drawing alone, in light grey on black, its longer side `box` pixels.
Image size_normalised(const Drawing& drawing, int width, int box) {
  Image crop{
      .height = drawing.bottom - drawing.top + 1, .width = drawing.right - drawing.left + 1, .pixels = {}};
  for (int row = drawing.top; row <= drawing.bottom; ++row) {
    for (int column = drawing.left; column <= drawing.right; ++column) {
      const float ink =
          drawing.ink[static_cast<size_t>(row) * static_cast<size_t>(width) + static_cast<size_t>(column)];
      crop.pixels.push_back(static_cast<uint8_t>(255 * ink + 0.5F));
    }
  }
  const int side = std::max(crop.height, crop.width);
  const auto part = [&](int length) { return std::max(1, (length * box + side / 2) / side); };
  Image digit = resized(crop, part(crop.height), part(crop.width));
  // Thin strokes have become grey. The darkest ink is full ink, as in MNIST.
  const int most = *std::ranges::max_element(digit.pixels);
  for (uint8_t& pixel : digit.pixels)
    pixel = static_cast<uint8_t>((pixel * 255 + most / 2) / std::max(most, 1));
  return digit;
}

// Where the digit begins in an image of `side`, for its mass to have its centre at side/2.
int start_of(double centre, int length, int side) {
  const int middle = side / 2;
  const int start = static_cast<int>(std::floor(middle - centre + 0.5));
  return std::clamp(start, 0, side - length);
}

Image centred(const Image& digit, int height, int width) {
  double mass = 0;
  double rows = 0;
  double columns = 0;
  const uint8_t* pixel = digit.pixels.data();
  for (int row = 0; row < digit.height; ++row) {
    for (int column = 0; column < digit.width; ++column, ++pixel) {
      mass += *pixel;
      rows += *pixel * row;
      columns += *pixel * column;
    }
  }
  const int top = start_of(rows / mass, digit.height, height);
  const int left = start_of(columns / mass, digit.width, width);
  Image result{.height = height, .width = width, .pixels = {}};
  result.pixels.assign(static_cast<size_t>(height) * static_cast<size_t>(width), 0);
  for (int row = 0; row < digit.height; ++row)
    std::copy_n(digit.pixels.begin() + static_cast<std::ptrdiff_t>(row) * digit.width, digit.width,
                result.pixels.begin() + static_cast<std::ptrdiff_t>(top + row) * width + left);
  return result;
}

// Of the outermost pixels, the middle one.
int border_median(const Image& image) {
  std::vector<uint8_t> border;
  for (int row = 0; row < image.height; ++row) {
    const bool inner = row > 0 && row + 1 < image.height;
    const int step = inner ? std::max(1, image.width - 1) : 1;
    for (int column = 0; column < image.width; column += step)
      border.push_back(image.pixels[static_cast<size_t>(row) * static_cast<size_t>(image.width) +
                                    static_cast<size_t>(column)]);
  }
  const auto middle = border.begin() + static_cast<std::ptrdiff_t>(border.size() / 2);
  std::nth_element(border.begin(), middle, border.end());
  return *middle;
}

}  // namespace

std::optional<Image> fit_digit(const Image& photo, Ink ink, int height, int width) {
  RUNG_REQUIRE(std::min({photo.height, photo.width, height, width}) >= 1);
  const Relief relief = relief_of(shrunk(photo));
  const Mask border = at_border(relief);
  std::optional<Drawing> drawing = drawing_of(relief, border, ink);
  if (!drawing || drawing->area * kLeastInside < std::ranges::count(border, 1))
    drawing = drawing_of(relief, Mask(border.size(), 0), ink);
  if (!drawing) return std::nullopt;
  const int box = std::max(1, (std::min(height, width) * kBox + kBoxOf / 2) / kBoxOf);
  return centred(size_normalised(*drawing, relief.width, box), height, width);
}

bool is_dark_on_light(const Image& image) {
  RUNG_REQUIRE(!image.pixels.empty());
  const auto paper = static_cast<float>(border_median(image));
  std::vector<float> relief;
  for (const uint8_t pixel : image.pixels) relief.push_back(pixel - paper);
  return is_mostly_dark(relief);
}

}  // namespace rung::data

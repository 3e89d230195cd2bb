#include "data/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "data/dataset.h"

namespace rung::data {
namespace {

constexpr uint32_t kOpaque = 255;

uint8_t grey_of(const uint8_t* pixel, size_t colours) {
  return colours == 1 ? pixel[0] : luma(pixel[0], pixel[1], pixel[2]);
}

// The mean of the pixels, each as much as it is opaque, is below the middle. Without an opaque one it is not.
bool is_drawn_dark(std::span<const uint8_t> pixels, size_t colours) {
  uint64_t sum = 0;
  uint64_t weights = 0;
  for (size_t at = 0; at < pixels.size(); at += colours + 1) {
    const uint64_t alpha = pixels[at + colours];
    sum += grey_of(&pixels[at], colours) * alpha;
    weights += alpha;
  }
  return 2 * sum < kOpaque * weights;
}

}  // namespace

std::string size_text(int height, int width) {
  return fmt::format("{}×{}{}", height, width, height == width ? "" : " (height × width)");
}

void require_sides(uint64_t height, uint64_t width, const std::string& file) {
  if (std::max(height, width) > kMaxImageSide)
    throw DataError(fmt::format("{}: {} x {} pixels (height x width); at most {} x {} are supported", file,
                                height, width, kMaxImageSide, kMaxImageSide));
}

void require_decodable(uint64_t height, uint64_t width, const std::string& file) {
  if (std::max(height, width) > kMaxPictureSide || height * width > kMaxPicturePixels)
    throw DataError(
        fmt::format("{}: {} x {} pixels (height x width); at most {} million are supported, and "
                    "{} on a side",
                    file, height, width, kMaxPicturePixels / 1'000'000, kMaxPictureSide));
}

void make_grey(std::vector<uint8_t>& pixels) {
  const size_t count = pixels.size() / 3;
  for (size_t i = 0; i < count; ++i) pixels[i] = luma(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]);
  pixels.resize(count);
}

Image as_grey(Image image) {
  if (image.channels == 1) return image;
  make_grey(image.pixels);
  image.channels = 1;
  return image;
}

Image as_rgb(Image image) {
  if (image.channels == 3) return image;
  std::vector<uint8_t> pixels;
  pixels.reserve(3 * image.pixels.size());
  for (const uint8_t pixel : image.pixels) pixels.insert(pixels.end(), 3, pixel);
  return {image.height, image.width, std::move(pixels), 3};
}

void to_planes(std::span<const uint8_t> pixels, int channels, uint8_t* planes) {
  const auto step = static_cast<size_t>(channels);
  for (size_t channel = 0; channel < step; ++channel)
    for (size_t at = channel; at < pixels.size(); at += step) *planes++ = pixels[at];
}

void to_pixels(std::span<const uint8_t> planes, int channels, uint8_t* pixels) {
  const auto step = static_cast<size_t>(channels);
  const size_t plane = planes.size() / step;
  for (size_t channel = 0; channel < step; ++channel)
    for (size_t i = 0; i < plane; ++i) pixels[i * step + channel] = planes[channel * plane + i];
}

Image from_planes(std::span<const uint8_t> planes, int height, int width, int channels) {
  Image image{height, width, std::vector<uint8_t>(planes.size()), channels};
  to_pixels(planes, channels, image.pixels.data());
  return image;
}

std::vector<uint8_t> on_ground(std::span<const uint8_t> pixels, int channels) {
  RUNG_REQUIRE(channels == 2 || channels == 4);
  const auto step = static_cast<size_t>(channels);
  RUNG_REQUIRE(pixels.size() % step == 0);
  const uint32_t ground = is_drawn_dark(pixels, step - 1) ? 255 : 0;
  std::vector<uint8_t> result;
  result.reserve(pixels.size() / step * (step - 1));
  for (size_t at = 0; at < pixels.size(); at += step) {
    const uint32_t alpha = pixels[at + step - 1];
    for (size_t channel = 0; channel + 1 < step; ++channel)
      result.push_back(static_cast<uint8_t>(
          (pixels[at + channel] * alpha + ground * (kOpaque - alpha) + kOpaque / 2) / kOpaque));
  }
  return result;
}

// Of the eight, 5 to 8 have rows and columns exchanged, and two bits say which of them run backwards.
Image oriented(Image image, int orientation) {
  RUNG_REQUIRE(orientation >= 1 && orientation <= 8);
  if (orientation == 1) return image;
  const bool exchanged = orientation >= 5;
  const bool rows_backwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_backwards = orientation == 2 || orientation == 3 || orientation >= 7;
  Image result{.height = exchanged ? image.width : image.height,
               .width = exchanged ? image.height : image.width,
               .pixels = {},
               .channels = image.channels};
  result.pixels.reserve(image.pixels.size());
  for (int i = 0; i < result.height; ++i) {
    for (int j = 0; j < result.width; ++j) {
      auto [row, column] = exchanged ? std::pair(j, i) : std::pair(i, j);
      if (rows_backwards) row = image.height - 1 - row;
      if (columns_backwards) column = image.width - 1 - column;
      const auto place = static_cast<ptrdiff_t>(row) * image.width + static_cast<ptrdiff_t>(column);
      const auto pixel = image.pixels.begin() + place * image.channels;
      result.pixels.insert(result.pixels.end(), pixel, pixel + image.channels);
    }
  }
  return result;
}

}  // namespace rung::data

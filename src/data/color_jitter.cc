// The arithmetic follows Pillow and torchvision step by step, in their precision and order; it must not use
// fused multiply-add.
#include "data/color_jitter.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/require.h"
#include "data/draw_uniform.h"
#include "data/image.h"

namespace rung::data {
namespace {

// Beyond this factor every pixel that differs from the grey is clipped, and the conversion to int stays
// defined.
constexpr float kLargestFactor = 65536;

// Pillow's Image.blend(grey, image, factor): single-precision arithmetic, truncated, clipped. The upper bound
// is applied before the conversion and the lower after it: GCC turns two bounds in a row into slow masks.
uint8_t blended(uint8_t pixel, int grey, float factor) {
  const float value = static_cast<float>(grey) + factor * static_cast<float>(pixel - grey);
  const int truncated = static_cast<int>(std::min(value, 255.0F));
  return static_cast<uint8_t>(std::max(truncated, 0));
}

void blend_with_grey(std::span<uint8_t> image, int grey, float factor) {
  factor = std::min(factor, kLargestFactor);
  for (uint8_t& pixel : image) pixel = blended(pixel, grey, factor);
}

// The planes of an image in colour.
struct Planes {
  explicit Planes(std::span<uint8_t> image)
      : size(image.size() / 3), red(image.data()), green(red + size), blue(green + size) {}

  uint8_t grey(size_t i) const { return luma(red[i], green[i], blue[i]); }

  size_t size;
  uint8_t* red;
  uint8_t* green;
  uint8_t* blue;
};

uint32_t sum_of_greys(std::span<uint8_t> image, int channels) {
  if (channels == 1) return std::accumulate(image.begin(), image.end(), uint32_t{0});
  const Planes planes(image);
  uint32_t sum = 0;
  for (size_t i = 0; i < planes.size; ++i) sum += planes.grey(i);
  return sum;
}

// A factor around 1 that is not negative; none, and no draw, for strength 0.
std::optional<float> draw_factor(double strength, RandomStream& random) {
  if (strength == 0) return std::nullopt;
  return draw_uniform(std::max(0.0, 1 - strength), 1 + strength, random);
}

uint8_t byte_of(double value) {
  return static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
}

}  // namespace

void adjust_brightness(std::span<uint8_t> image, float factor) {
  RUNG_REQUIRE(std::isfinite(factor) && factor >= 0);
  blend_with_grey(image, 0, factor);
}

void adjust_contrast(std::span<uint8_t> image, int channels, float factor) {
  RUNG_REQUIRE(std::isfinite(factor) && factor >= 0);
  RUNG_REQUIRE(!image.empty());
  const size_t pixels = image.size() / static_cast<size_t>(channels);
  const auto mean = static_cast<int>(
      static_cast<double>(sum_of_greys(image, channels)) / static_cast<double>(pixels) + 0.5);
  blend_with_grey(image, mean, factor);
}

void adjust_saturation(std::span<uint8_t> image, int channels, float factor) {
  RUNG_REQUIRE(std::isfinite(factor) && factor >= 0);
  if (channels == 1) return;
  factor = std::min(factor, kLargestFactor);
  const Planes planes(image);
  for (size_t i = 0; i < planes.size; ++i) {
    const int grey = planes.grey(i);
    for (uint8_t* plane : {planes.red, planes.green, planes.blue}) plane[i] = blended(plane[i], grey, factor);
  }
}

void adjust_hue(std::span<uint8_t> image, int channels, float turns) {
  RUNG_REQUIRE(std::abs(turns) <= 0.5F);
  if (channels == 1) return;
  const auto steps = static_cast<uint8_t>(static_cast<int>(double{turns} * 255));
  const Planes planes(image);
  for (size_t i = 0; i < planes.size; ++i) {
    Pixel hsv = hsv_of({planes.red[i], planes.green[i], planes.blue[i]});
    hsv[0] = static_cast<uint8_t>(hsv[0] + steps);
    const Pixel rgb = rgb_of(hsv);
    planes.red[i] = rgb[0];
    planes.green[i] = rgb[1];
    planes.blue[i] = rgb[2];
  }
}

Pixel hsv_of(const Pixel& rgb) {
  const uint8_t least = std::min({rgb[0], rgb[1], rgb[2]});
  const uint8_t most = std::max({rgb[0], rgb[1], rgb[2]});
  if (least == most) return {0, 0, most};
  const auto range = static_cast<float>(most - least);
  const float saturation = range / static_cast<float>(most);
  const auto below = [&](uint8_t channel) { return static_cast<float>(most - channel) / range; };
  float hue = 0;  // in sixths of a turn
  if (rgb[0] == most) {
    hue = below(rgb[2]) - below(rgb[1]);
  } else if (rgb[1] == most) {
    hue = static_cast<float>(2.0 + below(rgb[0]) - below(rgb[2]));
  } else {
    hue = static_cast<float>(4.0 + below(rgb[1]) - below(rgb[0]));
  }
  hue = static_cast<float>(std::fmod(hue / 6.0 + 1.0, 1.0));
  return {byte_of(hue * 255.0), byte_of(saturation * 255.0), most};
}

Pixel rgb_of(const Pixel& hsv) {
  const uint8_t v = hsv[2];
  if (hsv[1] == 0) return {v, v, v};
  const double sixths = static_cast<float>(hsv[0]) * 6.0 / 255.0;
  const double whole = std::floor(sixths);
  const auto rest = static_cast<float>(sixths - whole);
  const auto saturation = static_cast<float>(hsv[1] / 255.0);
  const auto rounded = [&](double share) { return byte_of(std::round(static_cast<float>(v) * share)); };
  const uint8_t p = rounded(1.0 - saturation);
  const uint8_t q = rounded(1.0 - saturation * rest);
  const uint8_t t = rounded(1.0 - saturation * (1.0 - rest));
  switch (static_cast<int>(whole) % 6) {
    case 0:
      return {v, t, p};
    case 1:
      return {q, v, p};
    case 2:
      return {p, v, t};
    case 3:
      return {p, q, v};
    case 4:
      return {t, p, v};
    default:
      return {v, p, q};
  }
}

ColorJitterDraw draw(const ColorJitter& jitter, RandomStream& random) {
  ColorJitterDraw drawn;
  for (uint32_t left = 4; left > 1; --left) std::swap(drawn.order[left - 1], drawn.order[random.below(left)]);
  drawn.brightness = draw_factor(jitter.brightness, random);
  drawn.contrast = draw_factor(jitter.contrast, random);
  drawn.saturation = draw_factor(jitter.saturation, random);
  if (jitter.hue != 0) drawn.hue = draw_uniform(-jitter.hue, jitter.hue, random);
  return drawn;
}

void adjust(std::span<uint8_t> image, int channels, const ColorJitterDraw& drawn) {
  for (const auto adjustment : drawn.order) {
    if (adjustment == ColorJitterDraw::kBrightness && drawn.brightness)
      adjust_brightness(image, *drawn.brightness);
    if (adjustment == ColorJitterDraw::kContrast && drawn.contrast)
      adjust_contrast(image, channels, *drawn.contrast);
    if (adjustment == ColorJitterDraw::kSaturation && drawn.saturation)
      adjust_saturation(image, channels, *drawn.saturation);
    if (adjustment == ColorJitterDraw::kHue && drawn.hue) adjust_hue(image, channels, *drawn.hue);
  }
}

}  // namespace rung::data

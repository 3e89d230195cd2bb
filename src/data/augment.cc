// The arithmetic follows Pillow step by step, in its precision and order; it needs fused multiply-add kept
// out.
#include "data/augment.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>
#include <utility>
#include <variant>

namespace rung::data {
namespace {

// Beyond this factor every pixel that differs from the grey is clipped, and the conversion to int stays
// defined.
constexpr float kLargestFactor = 65536;

// Pillow's Image.blend(grey, image, factor): single-precision arithmetic, truncated, clipped. The upper bound
// is applied before the conversion and the lower after it: GCC turns two bounds in a row into slow masks.
void blend_with_grey(std::span<uint8_t> image, int grey, float factor) {
  factor = std::min(factor, kLargestFactor);
  for (uint8_t& pixel : image) {
    const float blended = static_cast<float>(grey) + factor * static_cast<float>(pixel - grey);
    const int truncated = static_cast<int>(std::min(blended, 255.0F));
    pixel = static_cast<uint8_t>(std::max(truncated, 0));
  }
}

// Maps a destination pixel to its source in 16.16 fixed point, which is what Pillow uses for nearest
// neighbour: source x = x0 + column * x_per_column + row * x_per_row, and y likewise.
struct FixedPointMap {
  int32_t x0, x_per_column, x_per_row;
  int32_t y0, y_per_column, y_per_row;
};
constexpr int kFractionBits = 16;

int32_t to_fixed(double value) {
  return static_cast<int32_t>(std::floor(value * (1 << kFractionBits) + 0.5));
}

// Pillow rounds the matrix to 15 decimals. That also hides the last bits, in which mathematics libraries
// differ.
double round_to_15_decimals(double value) {
  return std::nearbyint(value * 1e15) / 1e15;
}

// Pillow reduces the angle with Python's %, whose result has the sign of the divisor.
double python_modulo_360(double angle) {
  const double remainder = std::fmod(angle, 360.0);
  return remainder < 0 ? remainder + 360.0 : remainder;
}

// The inverse rotation about the centre, evaluated at pixel centres (hence the halves). Each expression has
// the order of operations of Pillow's Image.rotate and affine transform, because the last bit can move a
// pixel.
FixedPointMap rotation_map(int height, int width, double angle) {
  const double radians = -(python_modulo_360(angle) * (std::numbers::pi / 180.0));
  const double cosine = round_to_15_decimals(std::cos(radians));
  const double sine = round_to_15_decimals(std::sin(radians));
  const double centre_x = width / 2.0;
  const double centre_y = height / 2.0;
  const double offset_x = cosine * -centre_x + sine * -centre_y + centre_x;
  const double offset_y = -sine * -centre_x + cosine * -centre_y + centre_y;
  return {.x0 = to_fixed(offset_x + cosine * 0.5 + sine * 0.5),
          .x_per_column = to_fixed(cosine),
          .x_per_row = to_fixed(sine),
          .y0 = to_fixed(offset_y + -sine * 0.5 + cosine * 0.5),
          .y_per_column = to_fixed(-sine),
          .y_per_row = to_fixed(cosine)};
}

// Uniform in [low, high) as torch.Tensor.uniform_ on float32: 24 random bits, scaled in single precision.
float draw_uniform(double low, double high, RandomStream& random) {
  const auto from = static_cast<float>(low);
  return random.uniform() * (static_cast<float>(high) - from) + from;
}

// A factor around 1 that is not negative; none, and no draw, for strength 0.
std::optional<float> draw_factor(double strength, RandomStream& random) {
  if (strength == 0) return std::nullopt;
  return draw_uniform(std::max(0.0, 1 - strength), 1 + strength, random);
}

}  // namespace

void adjust_brightness(std::span<uint8_t> image, float factor) {
  blend_with_grey(image, 0, factor);
}

void adjust_contrast(std::span<uint8_t> image, float factor) {
  const auto sum = std::accumulate(image.begin(), image.end(), uint32_t{0});
  const auto mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(image.size()) + 0.5);
  blend_with_grey(image, mean, factor);
}

void rotate(const uint8_t* in, uint8_t* out, int height, int width, double angle, uint8_t fill) {
  const FixedPointMap map = rotation_map(height, width, angle);
  for (int row = 0; row < height; ++row, out += width) {
    const int32_t x0 = map.x0 + row * map.x_per_row;
    const int32_t y0 = map.y0 + row * map.y_per_row;
    const auto source_x = [&](int column) { return (x0 + column * map.x_per_column) >> kFractionBits; };
    const auto source_y = [&](int column) { return (y0 + column * map.y_per_column) >> kFractionBits; };
    // As unsigned numbers, coordinates below 0 are too large as well.
    const auto outside = [&](int column) {
      return static_cast<uint32_t>(source_x(column)) >= static_cast<uint32_t>(width) ||
             static_cast<uint32_t>(source_y(column)) >= static_cast<uint32_t>(height);
    };
    // A line meets the source rectangle in one piece, so that only the row's two ends need checks.
    int first = 0;
    while (first < width && outside(first)) out[first++] = fill;
    int last = width;
    while (last > first && outside(last - 1)) out[--last] = fill;
    for (int column = first; column < last; ++column)
      out[column] = in[source_y(column) * width + source_x(column)];
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

float draw(const RandomRotation& rotation, RandomStream& random) {
  return draw_uniform(-rotation.degrees, rotation.degrees, random);
}

Augmenter::Augmenter(std::vector<Transform> transforms, int height, int width)
    : transforms_(std::move(transforms)),
      height_(height),
      width_(width),
      current_(static_cast<size_t>(height) * static_cast<size_t>(width)),
      next_(current_.size()) {}

void Augmenter::apply(const uint8_t* in, uint8_t* out, RandomStream& random) {
  std::memcpy(current_.data(), in, current_.size());
  for (const Transform& transform : transforms_)
    std::visit([&](const auto& kind) { apply_to_current(kind, random); }, transform);
  std::memcpy(out, current_.data(), current_.size());
}

void Augmenter::apply_to_current(const ColorJitter& jitter, RandomStream& random) {
  const ColorJitterDraw drawn = draw(jitter, random);
  for (const auto adjustment : drawn.order) {
    // With one channel saturation and hue are identities.
    if (adjustment == ColorJitterDraw::kBrightness && drawn.brightness)
      adjust_brightness(current_, *drawn.brightness);
    if (adjustment == ColorJitterDraw::kContrast && drawn.contrast)
      adjust_contrast(current_, *drawn.contrast);
  }
}

void Augmenter::apply_to_current(const RandomRotation& rotation, RandomStream& random) {
  rotate(current_.data(), next_.data(), height_, width_, draw(rotation, random),
         static_cast<uint8_t>(rotation.fill));
  std::swap(current_, next_);
}

}  // namespace rung::data

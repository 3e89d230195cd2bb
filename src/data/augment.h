// Random variation of training images with torchvision 0.14's meaning on an 8-bit one-channel PIL image (mode
// "L"), to the last bit for a given factor or angle; only the random numbers themselves are Rung's own.
// Sources: torchvision.transforms.ColorJitter and RandomRotation; Pillow's Image.blend and Image.rotate.
// Left out: several channels (where saturation and hue would matter), interpolation other than nearest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/philox.h"
#include "data/spec.h"

namespace rung::data {

// Blends with black: pixel * factor, clipped to 0..255 and truncated. Precondition: factor is finite and >=
// 0.
void adjust_brightness(std::span<uint8_t> image, float factor);

// Blends with the image's mean grey level. Preconditions: as above, and the image is not empty.
void adjust_contrast(std::span<uint8_t> image, float factor);

// Turns an image [height,width] by `angle` degrees counter-clockwise about its centre; the size stays,
// nearest neighbour, `fill` where there is no source pixel. Preconditions: 1 <= height, width <= 4096; the
// angle is finite; `in` and `out` do not overlap.
void rotate(const uint8_t* in, uint8_t* out, int height, int width, double angle, uint8_t fill);

// What ColorJitter draws for one image. An adjustment whose strength is 0 has no factor and draws nothing but
// keeps its place in the order, as in ColorJitter.get_params.
struct ColorJitterDraw {
  enum Adjustment : uint8_t { kBrightness, kContrast, kSaturation, kHue };
  std::array<Adjustment, 4> order = {kBrightness, kContrast, kSaturation, kHue};
  std::optional<float> brightness, contrast, saturation, hue;
};
ColorJitterDraw draw(const ColorJitter& jitter, RandomStream& random);

// The angle in degrees that RandomRotation draws for one image.
float draw(const RandomRotation& rotation, RandomStream& random);

// Applies a sequence of transforms to one image after another without allocating. One per thread.
class Augmenter {
 public:
  // Preconditions, which reading a recipe checks: strengths finite and >= 0, hue at most 0.5, degrees finite
  // and
  // >= 0, fill in 0..255. Sizes as for rotate().
  Augmenter(std::vector<Transform> transforms, int height, int width);

  // in, out: [height,width], not overlapping. Transforms draw from `random` in their order.
  void apply(const uint8_t* in, uint8_t* out, RandomStream& random);

 private:
  void apply_to_current(const ColorJitter& jitter, RandomStream& random);
  void apply_to_current(const RandomRotation& rotation, RandomStream& random);

  std::vector<Transform> transforms_;
  int height_;
  int width_;
  std::vector<uint8_t> current_;  // [height,width], the image so far
  std::vector<uint8_t> next_;     // [height,width], where a rotation writes
};

}  // namespace rung::data

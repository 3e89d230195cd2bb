// What torchvision.transforms.ColorJitter draws and does, on planes of 8-bit pixels, as on a PIL image of
// mode "L" or "RGB" (torchvision.transforms.functional.adjust_brightness and its relatives; Pillow's
// Image.blend, and its conversions to and from "HSV"). On one channel saturation and hue do nothing, as
// there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/philox.h"
#include "data/data_spec.h"

namespace rung::data {

// Everywhere: `image` [channels,H,W], 1 or 3 channels, not empty; factors are finite and at least 0.

// Blends with black: pixel * factor, clipped to 0..255 and truncated.
void adjust_brightness(std::span<uint8_t> image, float factor);

// Blends with the mean of the image's grey levels.
void adjust_contrast(std::span<uint8_t> image, int channels, float factor);

// Blends with the image's grey levels.
void adjust_saturation(std::span<uint8_t> image, int channels, float factor);

// Turns the hue by `turns`, from -0.5 to 0.5. A hue has 256 steps.
void adjust_hue(std::span<uint8_t> image, int channels, float turns);

// What ColorJitter draws for one image. An adjustment whose strength is 0 has no factor and draws nothing but
// keeps its place in the order, as in ColorJitter.get_params.
struct ColorJitterDraw {
  enum Adjustment : uint8_t { kBrightness, kContrast, kSaturation, kHue };
  std::array<Adjustment, 4> order = {kBrightness, kContrast, kSaturation, kHue};
  std::optional<float> brightness, contrast, saturation, hue;
};
ColorJitterDraw draw(const ColorJitter& jitter, RandomStream& random);

// Does the adjustments that were drawn, in their order.
void adjust(std::span<uint8_t> image, int channels, const ColorJitterDraw& drawn);

// Pillow's colours of hue, saturation and value, each from 0 to 255.
using Pixel = std::array<uint8_t, 3>;
Pixel hsv_of(const Pixel& rgb);
Pixel rgb_of(const Pixel& hsv);

}  // namespace rung::data

// Random variation of training images with torchvision 0.14's meaning on an 8-bit PIL image (mode "L" or
// "RGB"), to the last bit for a given factor or angle; only the random numbers themselves are Rung's own.
// Images are planes [C,H,W] of 1 or 3 channels. Sources: torchvision.transforms.ColorJitter, RandomCrop,
// RandomHorizontalFlip, RandomVerticalFlip and RandomErasing. The arithmetic of colours is in color_jitter.h,
// transforms that move pixels by fractions are in affine.h and elastic.h, blur is in blur.h. Left out:
// erasing with random values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/philox.h"
#include "data/affine.h"
#include "data/blur.h"
#include "data/color_jitter.h"
#include "data/data_spec.h"
#include "data/elastic.h"
#include "data/image.h"

namespace rung::data {

// Shifts an image by whole pixels, to the right and down if positive; `fill` fills the gap. in, out:
// [height,width], not overlapping.
void shift(const uint8_t* in, uint8_t* out, int height, int width, int right, int down, uint8_t fill);

// Mirrors an image left to right, or top to bottom. in, out: [height,width], not overlapping.
void hflip(const uint8_t* in, uint8_t* out, int height, int width);
void vflip(const uint8_t* in, uint8_t* out, int height, int width);

// A rectangle of the normalised image that becomes `value`.
struct Erasure {
  int top = 0, left = 0, height = 0, width = 0;
  float value = 0;
};
// What RandomErasing draws for one image, if it erases at all.
std::optional<Erasure> draw(const RandomErasing& erasing, int height, int width, RandomStream& random);
// Shows the erasure of the normalised image on its pixels [C,H,W], for display.
void erase_pixels(const Erasure& erasure, const DatasetSpec& normalisation, const ImageShape& shape,
                  uint8_t* image);

// Applies a sequence of transforms to one image after another without allocating. One per thread.
class Augmenter {
 public:
  // Preconditions: every field is within its range, as in a recipe that was read; sizes as for rotate().
  // Throws UsageError if a transform is a misfit.
  Augmenter(std::vector<Transform> transforms, const ImageShape& shape);

  // in, out: [C,H,W], not overlapping. Transforms draw from `random` in order.
  void apply(const uint8_t* in, uint8_t* out, RandomStream& random);

  // What remains to be erased from that image after it is normalised.
  const std::vector<Erasure>& erasures() const { return erasures_; }

 private:
  void apply_to_current(const ColorJitter& jitter, RandomStream& random);
  void apply_to_current(const RandomRotation& rotation, RandomStream& random);
  void apply_to_current(const RandomAffine& affine, RandomStream& random);
  void apply_to_current(const RandomPerspective& perspective, RandomStream& random);
  void apply_to_current(const ElasticTransform& elastic, RandomStream& random);
  void apply_to_current(const GaussianBlur& blur, RandomStream& random);
  void apply_to_current(const RandomCrop& crop, RandomStream& random);
  void apply_to_current(const RandomHorizontalFlip& flip, RandomStream& random);
  void apply_to_current(const RandomVerticalFlip& flip, RandomStream& random);
  void apply_to_current(const RandomErasing& erasing, RandomStream& random);

  // Replaces each channel's plane by what move(in, out) makes of it.
  template <typename Move>
  void move_planes(Move move);

  std::vector<Transform> transforms_;
  std::vector<Elastic> elastics_;  // of the elastic transforms, in order
  size_t next_elastic_ = 0;
  Blur blur_;
  std::vector<Erasure> erasures_;
  ImageShape shape_;
  std::vector<uint8_t> current_;  // [C,H,W], the image so far
  std::vector<uint8_t> next_;     // [C,H,W], the output of a transform that moves pixels
};

// What keeps a transform from images of some size.
struct Misfit {
  std::string_view key;  // of the field at fault
  std::string reason;
};
std::optional<Misfit> misfit(const Transform& transform, int height, int width);

// Bytes that one Augmenter takes.
uint64_t augmenter_bytes(const std::vector<Transform>& transforms, const ImageShape& shape);

}  // namespace rung::data

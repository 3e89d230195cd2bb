// Elastic distortion with torchvision 0.14's meaning (torchvision.transforms.ElasticTransform): every pixel
// is sampled from a nearby place, displaced by smoothed noise. Only the random numbers themselves are Rung's
// own. Left out: interpolation other than bilinear, and different strengths across and down.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/philox.h"
#include "data/data_spec.h"

namespace rung::data {

// Distorts one image after another without allocating. One per thread.
class Elastic {
 public:
  // Preconditions: 1 <= height, width <= 4096; alpha and sigma are finite and >= 0.
  Elastic(const ElasticTransform& transform, int height, int width);

  // Bytes that its fields take.
  static uint64_t bytes(int height, int width);

  // Draws how far each pixel of the next image moves.
  void draw_displacement(RandomStream& random);

  // Moves the pixels so. in, out: [height,width], not overlapping.
  void apply(const uint8_t* in, uint8_t* out) const;

  // The parts of both. Displacements are in pixels.
  void draw_noise(RandomStream& random, std::span<float> noise) const;  // [height,width], within -1 and 1
  void smooth(std::span<const float> noise, std::span<float> displacement, double alpha_pixels);
  void warp(const uint8_t* in, uint8_t* out, std::span<const float> dx, std::span<const float> dy) const;

  // The factors on the smoothed noise, across and down.
  double pixels_across() const;
  double pixels_down() const;

 private:
  ElasticTransform transform_;
  int height_;
  int width_;
  std::vector<float> across_;  // [width][padded width], [j][c]: the share of pixel j of a row in pixel c
  std::vector<float> down_;    // [height][height], [r][i]: the share of row i in row r
  std::vector<float> rows_;    // [height][padded width], smoothed across
  std::vector<float> both_;    // [height][padded width], smoothed both ways
  std::vector<float> noise_, dx_, dy_;  // [height,width]
};

}  // namespace rung::data

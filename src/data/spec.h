// Which images a model sees and how they are varied, as plain values, with torchvision's names and meanings.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace rung::data {

// Pixels are scaled to value/255 and then normalised: (x - mean) / std.
struct DatasetSpec {
  std::string name = "mnist";
  double mean = 0.1307;
  double std = 0.3081;
  int validation = 0;  // how many of the training images, the last ones, are not trained on but validate
  friend bool operator==(const DatasetSpec&, const DatasetSpec&) = default;
};

// torchvision.transforms.ColorJitter: each factor uniform in [max(0, 1-v), 1+v] (hue in [-v, v]), in random
// order. On a one-channel image saturation and hue change nothing.
struct ColorJitter {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;
  friend bool operator==(const ColorJitter&, const ColorJitter&) = default;
};

// torchvision.transforms.RandomRotation(degrees, fill=fill): an angle uniform in [-degrees, degrees], about
// the centre, nearest neighbour, same size; `fill` is a pixel value 0..255.
struct RandomRotation {
  double degrees = 0;
  int fill = 0;
  friend bool operator==(const RandomRotation&, const RandomRotation&) = default;
};

using Transform = std::variant<ColorJitter, RandomRotation>;

}  // namespace rung::data

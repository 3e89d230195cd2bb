// The images a model sees and how they are varied, as plain values, with torchvision's names and meanings.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rung::data {

// A number of images, or a share of them that is not counted yet (scikit-learn's train_test_split takes
// both).
struct Portion {
  constexpr Portion(int count = 0) : images(count) {}  // NOLINT: a number is a portion
  static constexpr Portion of(double share) {
    Portion portion;
    portion.share = share;
    return portion;
  }
  constexpr bool empty() const { return images == 0 && share == 0; }
  friend bool operator==(const Portion&, const Portion&) = default;

  int images = 0;
  double share = 0;  // between 0 and 1; 0 once it is counted
};

inline constexpr double kLeastStd = 1e-6;  // that pixels are divided by

// Which of the training images validate.
enum class ValidationSplit { kLast, kStratified };

// What a recipe says of its images. What only the images themselves tell (shares, and a mean or std that is
// to be measured) is filled in by resolved() in arrange.h.
struct DatasetSpec {
  std::string name = "mnist";
  // Pixels are scaled to value/255 and then normalised: (x - mean) / std. None: measured on the images that
  // are trained on.
  std::optional<double> mean = 0.1307;
  std::optional<double> std = 0.3081;
  Portion validation = 0;  // of the training images: not trained on, but evaluated after every epoch
  ValidationSplit validation_split = ValidationSplit::kLast;
  Portion test = 0;         // of the training images, in the place of test files that are not there
  uint64_t split_seed = 0;  // of what is drawn: stratified validation images, and test images
  friend bool operator==(const DatasetSpec&, const DatasetSpec&) = default;
};

// torchvision.transforms.ColorJitter: each factor uniform in [max(0, 1-v), 1+v] (hue in [-v, v]), in random
// order. Saturation and hue have no effect on one channel.
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

enum class Interpolation { kNearest, kBilinear };

// torchvision.transforms.RandomAffine: an angle uniform in [-degrees, degrees]; whole pixels up to a share of
// the width and of the height; a factor on the size; shears in degrees along x and y. About the centre, same
// size.
struct RandomAffine {
  double degrees = 0;
  std::array<double, 2> translate{0, 0};    // shares of width and height
  std::array<double, 2> scale{1, 1};        // from, to
  std::array<double, 4> shear{0, 0, 0, 0};  // along x from, to; along y from, to
  Interpolation interpolation = Interpolation::kNearest;
  int fill = 0;
  friend bool operator==(const RandomAffine&, const RandomAffine&) = default;
};

// torchvision.transforms.ElasticTransform: noise smoothed by a Gaussian of `sigma` pixels and multiplied by
// `alpha` displaces every pixel; bilinear.
struct ElasticTransform {
  double alpha = 50;
  double sigma = 5;
  int fill = 0;
  friend bool operator==(const ElasticTransform&, const ElasticTransform&) = default;
};

// torchvision.transforms.RandomCrop(the image's size, padding, fill=fill): a shift of up to `padding` pixels.
struct RandomCrop {
  int padding = 1;
  int fill = 0;
  friend bool operator==(const RandomCrop&, const RandomCrop&) = default;
};

// torchvision.transforms.RandomErasing: with probability p, a rectangle becomes `value`. It works on the
// normalised image, after all others.
struct RandomErasing {
  double p = 0.5;
  std::array<double, 2> scale{0.02, 0.33};  // of the area
  std::array<double, 2> ratio{0.3, 3.3};    // height to width
  double value = 0;
  friend bool operator==(const RandomErasing&, const RandomErasing&) = default;
};

using Transform =
    std::variant<ColorJitter, RandomRotation, RandomAffine, ElasticTransform, RandomCrop, RandomErasing>;

}  // namespace rung::data

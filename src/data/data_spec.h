// The images a model sees and how they are varied, as plain values, with torchvision's names and meanings.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "base/channel_values.h"
#include "base/fields.h"

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
constexpr std::string_view name_of(ValidationSplit split) {
  switch (split) {
    case ValidationSplit::kLast:
      return "last";
    case ValidationSplit::kStratified:
      return "stratified";
  }
  return "";
}

// What a recipe says of its images. What only the images themselves tell (shares, and a mean or std that is
// to be measured) is filled in by resolved() in arrange.h.
struct DatasetSpec {
  std::string name = "mnist";
  // Pixels are scaled to value/255 and then normalised: (x - mean) / std. None: measured on the images that
  // are trained on, each channel by itself.
  std::optional<ChannelValues> mean = 0.1307;
  std::optional<ChannelValues> std = 0.3081;
  Portion validation = 0;  // of the training images: not trained on, but evaluated after every epoch
  ValidationSplit validation_split = ValidationSplit::kLast;
  Portion test = 0;         // of the training images, in the place of test files that are not there
  uint64_t split_seed = 0;  // of what is drawn: stratified validation images, and test images
  // In the order of the labels. Empty: a registered dataset's own, or else the classes are numbers.
  std::vector<std::string> class_names{};
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

  static constexpr std::string_view kName = "color_jitter";
  static constexpr std::string_view kTorchName = "ColorJitter";
  static constexpr auto fields() {
    constexpr NumberRange kFactor = NumberRange::at_least(0);
    return std::tuple(
        field("brightness", &ColorJitter::brightness)
            .within(kFactor)
            .in("factor")
            .means("a factor from [max(0, 1 - v), 1 + v]"),
        field("contrast", &ColorJitter::contrast).within(kFactor).in("factor").means("the same"),
        field("saturation", &ColorJitter::saturation)
            .within(kFactor)
            .in("factor")
            .means("no effect on one channel"),
        field("hue", &ColorJitter::hue)
            .within(0, 0.5)
            .in("turns")
            .means("from [-v, v]; no effect on one channel"));
  }
};

// The field of the transforms that uncover pixels.
template <typename Spec>
constexpr auto fill_field(std::string_view where = "at what is uncovered") {
  return field("fill", &Spec::fill).within(0, 255).in("pixel value").means(where);
}

// The field of the transforms that leave some images as they are.
template <typename Spec>
constexpr auto probability_field() {
  return field("p", &Spec::p).within(0, 1).in("probability");
}

// torchvision.transforms.RandomRotation(degrees, fill=fill): an angle uniform in [-degrees, degrees], about
// the centre, nearest neighbour, same size; `fill` is a pixel value 0..255.
struct RandomRotation {
  double degrees = 0;
  int fill = 0;
  friend bool operator==(const RandomRotation&, const RandomRotation&) = default;

  static constexpr std::string_view kName = "random_rotation";
  static constexpr std::string_view kTorchName = "RandomRotation";
  static constexpr auto fields() {
    return std::tuple(field("degrees", &RandomRotation::degrees)
                          .required()
                          .within(0, 360)
                          .in("degrees")
                          .means("an angle from [-degrees, degrees], nearest neighbour, same size"),
                      fill_field<RandomRotation>("at the uncovered corners"));
  }
};

enum class Interpolation { kNearest, kBilinear };
constexpr std::string_view name_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kNearest:
      return "nearest";
    case Interpolation::kBilinear:
      return "bilinear";
  }
  return "";
}

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

  static constexpr std::string_view kName = "random_affine";
  static constexpr std::string_view kTorchName = "RandomAffine";
  static constexpr auto fields() {
    return std::tuple(
        field("degrees", &RandomAffine::degrees)
            .required()
            .within(0, 360)
            .in("degrees")
            .means("an angle from [-degrees, degrees]"),
        field("translate", &RandomAffine::translate)
            .within(0, 1)
            .in("shares, across and down")
            .means("whole pixels, up to this share of the width and height"),
        field("scale", &RandomAffine::scale).within(0.01, 100).ascending().means("a factor on the size"),
        field("shear", &RandomAffine::shear)
            .within(-80, 80)  // at 90 the image is a line
            .in("degrees")
            .means("`n`: [-n, n] along x; `[from, to]`: along x; four numbers: along x and y"),
        field("interpolation", &RandomAffine::interpolation), fill_field<RandomAffine>());
  }
};

// torchvision.transforms.RandomPerspective: with probability p, each corner moves inwards by whole pixels, up
// to a share of half the width and half the height.
struct RandomPerspective {
  double distortion_scale = 0.5;
  double p = 0.5;
  Interpolation interpolation = Interpolation::kBilinear;
  int fill = 0;
  friend bool operator==(const RandomPerspective&, const RandomPerspective&) = default;

  static constexpr std::string_view kName = "random_perspective";
  static constexpr std::string_view kTorchName = "RandomPerspective";
  static constexpr auto fields() {
    return std::tuple(field("distortion_scale", &RandomPerspective::distortion_scale)
                          .within(0, 1)
                          .in("share")
                          .means("each corner moves inwards, up to this share of half the width and height"),
                      probability_field<RandomPerspective>(),
                      field("interpolation", &RandomPerspective::interpolation),
                      fill_field<RandomPerspective>());
  }
};

// torchvision.transforms.ElasticTransform: noise smoothed by a Gaussian of `sigma` pixels and multiplied by
// `alpha` displaces every pixel; bilinear.
struct ElasticTransform {
  double alpha = 50;
  double sigma = 5;
  int fill = 0;
  friend bool operator==(const ElasticTransform&, const ElasticTransform&) = default;

  static constexpr std::string_view kName = "elastic_transform";
  static constexpr std::string_view kTorchName = "ElasticTransform";
  static constexpr auto fields() {
    return std::tuple(field("alpha", &ElasticTransform::alpha)
                          .within(0, 1e6)
                          .means("noise times alpha / 2 pixels, smoothed, displaces every pixel; bilinear"),
                      field("sigma", &ElasticTransform::sigma)
                          .within(0, 1e3)
                          .in("pixels")
                          .means("the standard deviation of the smoothing Gaussian"),
                      fill_field<ElasticTransform>());
  }
};

// torchvision.transforms.GaussianBlur: a Gaussian of a standard deviation uniform in `sigma`, cut off at the
// kernel's size; the image is mirrored at its outermost pixels.
struct GaussianBlur {
  std::array<int, 2> kernel_size{1, 1};  // odd; across, down
  std::array<double, 2> sigma{0.1, 2};   // pixels, from, to
  friend bool operator==(const GaussianBlur&, const GaussianBlur&) = default;

  static constexpr std::string_view kName = "gaussian_blur";
  static constexpr std::string_view kTorchName = "GaussianBlur";
  static constexpr auto fields() {
    return std::tuple(field("kernel_size", &GaussianBlur::kernel_size)
                          .required()
                          .within(1, 8191)  // of 4096 pixels and their mirror images
                          .odd()
                          .in("pixels")
                          .means("half of it, rounded down, must be less than the image's side"),
                      field("sigma", &GaussianBlur::sigma)
                          .within(0.01, 1e3)
                          .ascending()
                          .in("pixels")
                          .means("the Gaussian's standard deviation, between these"));
  }
};

// torchvision.transforms.RandomCrop(the image's size, padding, fill=fill): a shift of up to `padding` pixels.
struct RandomCrop {
  int padding = 1;
  int fill = 0;
  friend bool operator==(const RandomCrop&, const RandomCrop&) = default;

  static constexpr std::string_view kName = "random_crop";
  static constexpr std::string_view kTorchName = "RandomCrop";
  static constexpr auto fields() {
    return std::tuple(
        field("padding", &RandomCrop::padding)
            .required()
            .within(1, 4096)
            .in("pixels")
            .means("crops to the image's own size: a shift of up to `padding` pixels in each direction"),
        fill_field<RandomCrop>());
  }
};

// torchvision.transforms.RandomHorizontalFlip: with probability p, left and right change places.
struct RandomHorizontalFlip {
  double p = 0.5;
  friend bool operator==(const RandomHorizontalFlip&, const RandomHorizontalFlip&) = default;

  static constexpr std::string_view kName = "random_horizontal_flip";
  static constexpr std::string_view kTorchName = "RandomHorizontalFlip";
  static constexpr auto fields() { return std::tuple(probability_field<RandomHorizontalFlip>()); }
};

// torchvision.transforms.RandomVerticalFlip: with probability p, top and bottom change places.
struct RandomVerticalFlip {
  double p = 0.5;
  friend bool operator==(const RandomVerticalFlip&, const RandomVerticalFlip&) = default;

  static constexpr std::string_view kName = "random_vertical_flip";
  static constexpr std::string_view kTorchName = "RandomVerticalFlip";
  static constexpr auto fields() { return std::tuple(probability_field<RandomVerticalFlip>()); }
};

// torchvision.transforms.RandomErasing: with probability p, a rectangle becomes `value`. It works on the
// normalised image, after all others.
struct RandomErasing {
  double p = 0.5;
  std::array<double, 2> scale{0.02, 0.33};  // of the area
  std::array<double, 2> ratio{0.3, 3.3};    // height to width
  double value = 0;
  friend bool operator==(const RandomErasing&, const RandomErasing&) = default;

  static constexpr std::string_view kName = "random_erasing";
  static constexpr std::string_view kTorchName = "RandomErasing";
  static constexpr auto fields() {
    return std::tuple(
        probability_field<RandomErasing>(),
        field("scale", &RandomErasing::scale)
            .within(0, 1)
            .ascending()
            .means("the rectangle's share of the area"),
        field("ratio", &RandomErasing::ratio).within(0.01, 100).ascending().means("its height to its width"),
        field("value", &RandomErasing::value)
            .within(-1e6, 1e6)
            .in("normalised")
            .means("the rectangle's new value: 0 is the mean grey"));
  }
};

using Transform =
    std::variant<ColorJitter, RandomRotation, RandomAffine, RandomPerspective, ElasticTransform, GaussianBlur,
                 RandomCrop, RandomHorizontalFlip, RandomVerticalFlip, RandomErasing>;

}  // namespace rung::data

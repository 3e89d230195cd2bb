// Transformed pixels equal torchvision's in every byte; elastic distortion, which adds up many floats, equals
// it except for rounding. tests/golden/make_augment_golden.py makes the files and documents them.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/augment.h"
#include "tensor_testing.h"
#include "train/safetensors.h"

namespace rung::data {
namespace {

enum Kind {
  kBrightness,
  kContrast,
  kRotation,
  kAffineNearest,
  kAffineBilinear,
  kCrop,
  kPerspectiveNearest,
  kPerspectiveBilinear,
  kBlur,
  kSaturation,
  kHue,
  kHorizontalFlip,
  kVerticalFlip
};
constexpr const char* kKindNames[] = {"brightness",
                                      "contrast",
                                      "rotation",
                                      "affine",
                                      "affine bilinear",
                                      "crop",
                                      "perspective",
                                      "perspective bilinear",
                                      "blur",
                                      "saturation",
                                      "hue",
                                      "horizontal flip",
                                      "vertical flip"};

// Reads values one after another; numbers are little-endian, like every machine that runs the tests.
class Reader {
 public:
  explicit Reader(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  template <typename T>
  T value() {
    T result;
    std::memcpy(&result, take(sizeof(T)), sizeof(T));
    return result;
  }
  std::vector<uint8_t> pixels(size_t count) {
    const auto* begin = reinterpret_cast<const uint8_t*>(take(count));
    return {begin, begin + count};
  }
  bool at_end() const { return position_ == bytes_.size(); }

 private:
  const std::byte* take(size_t count) {
    if (count > bytes_.size() - position_) throw std::runtime_error("the golden file is truncated");
    position_ += count;
    return bytes_.data() + position_ - count;
  }

  std::vector<std::byte> bytes_;
  size_t position_ = 0;
};

// What an adjustment of colours makes of an image; none if the kind moves pixels.
std::optional<std::vector<uint8_t>> adjusted(std::vector<uint8_t> image, int channels, int kind,
                                             const std::vector<double>& parameters) {
  const auto factor = parameters.empty() ? 0 : static_cast<float>(parameters.front());
  switch (kind) {
    case kBrightness:
      adjust_brightness(image, factor);
      return image;
    case kContrast:
      adjust_contrast(image, channels, factor);
      return image;
    case kSaturation:
      adjust_saturation(image, channels, factor);
      return image;
    case kHue:
      adjust_hue(image, channels, factor);
      return image;
    default:
      return std::nullopt;
  }
}

// A plane whose pixels were moved.
void move(const uint8_t* in, uint8_t* out, int height, int width, int kind, uint8_t fill,
          const std::vector<double>& parameters) {
  if (kind == kRotation) rotate(in, out, height, width, parameters.at(0), fill);
  if (kind == kAffineNearest || kind == kAffineBilinear) {
    const AffineDraw drawn{.angle = parameters.at(0),
                           .translate_x = static_cast<int>(parameters.at(1)),
                           .translate_y = static_cast<int>(parameters.at(2)),
                           .scale = parameters.at(3),
                           .shear_x = parameters.at(4),
                           .shear_y = parameters.at(5)};
    affine(in, out, height, width, drawn,
           kind == kAffineNearest ? Interpolation::kNearest : Interpolation::kBilinear, fill);
  }
  if (kind == kCrop)
    shift(in, out, height, width, static_cast<int>(parameters.at(0)), static_cast<int>(parameters.at(1)),
          fill);
  if (kind == kHorizontalFlip) hflip(in, out, height, width);
  if (kind == kVerticalFlip) vflip(in, out, height, width);
  if (kind == kPerspectiveNearest || kind == kPerspectiveBilinear) {
    Corners corners;
    for (size_t corner = 0; corner < corners.size(); ++corner)
      corners[corner] = {static_cast<int>(parameters.at(2 * corner)),
                         static_cast<int>(parameters.at(2 * corner + 1))};
    perspective(in, out, height, width, corners,
                kind == kPerspectiveNearest ? Interpolation::kNearest : Interpolation::kBilinear, fill);
  }
  if (kind == kBlur)
    Blur(height, width)
        .apply(in, out, {static_cast<int>(parameters.at(0)), static_cast<int>(parameters.at(1))},
               parameters.at(2));
}

std::vector<uint8_t> transformed(const std::vector<uint8_t>& pixels, const ImageShape& shape, int kind,
                                 uint8_t fill, const std::vector<double>& parameters) {
  if (auto image = adjusted(pixels, shape.channels, kind, parameters)) return *image;
  auto result = pixels;
  for (size_t at = 0; at < pixels.size(); at += shape.plane())
    move(&pixels[at], &result[at], shape.height, shape.width, kind, fill, parameters);
  return result;
}

// Reports the position of the first differing pixel.
void expect_equal(const std::vector<uint8_t>& found, const std::vector<uint8_t>& expected, int width,
                  const std::string& what) {
  const auto [at, expected_at] = std::ranges::mismatch(found, expected);
  if (at == found.end()) return;
  const auto index = at - found.begin();
  ADD_FAILURE() << what << ": row " << index / width << ", column " << index % width << " is " << int{*at}
                << ", torchvision has " << int{*expected_at};
}

void check_image(Reader& golden, int image, std::set<int>& kinds) {
  ImageShape shape;
  shape.channels = golden.value<int32_t>();
  shape.height = golden.value<int32_t>();
  shape.width = golden.value<int32_t>();
  const auto cases = golden.value<int32_t>();
  const auto pixels = golden.pixels(shape.size());
  for (int32_t i = 0; i < cases; ++i) {
    const auto kind = golden.value<int32_t>();
    kinds.insert(kind);
    const auto fill = static_cast<uint8_t>(golden.value<int32_t>());
    std::vector<double> parameters(static_cast<size_t>(golden.value<int32_t>()));
    for (double& parameter : parameters) parameter = golden.value<double>();
    const auto what = fmt::format("image {}, {} {}", image, kKindNames[kind], parameters);
    expect_equal(transformed(pixels, shape, kind, fill, parameters), golden.pixels(shape.size()), shape.width,
                 what);
  }
}

TEST(AugmentGolden, EqualsTorchvision) {
  const auto path = std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/augment.bin";
  Reader golden(read_file(path, 1 << 20));
  const auto magic = golden.pixels(8);
  ASSERT_EQ(std::string(magic.begin(), magic.end()), "RUNGAUG4");
  const auto images = golden.value<int32_t>();
  ASSERT_EQ(images, 10);
  std::set<int> kinds;
  for (int32_t image = 0; image < images; ++image) check_image(golden, image, kinds);
  EXPECT_TRUE(golden.at_end());
  EXPECT_EQ(kinds.size(), std::size(kKindNames)) << "a kind has no case";
}

class ElasticGolden {
 public:
  const train::SafeTensors::Floats& floats(const std::string& name) const { return file_.floats.at(name); }
  const train::SafeTensors::Bytes& bytes(const std::string& name) const { return file_.bytes.at(name); }
  std::vector<std::string> cases() const {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : file_.floats)
      if (name.starts_with("noise/")) names.push_back(name.substr(6));
    return names;
  }

 private:
  train::SafeTensors file_ =
      train::read_safetensors(std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/elastic.safetensors");
};

TEST(ElasticGolden, EqualsTorchvisionButForRoundings) {
  const ElasticGolden golden;
  EXPECT_EQ(golden.cases().size(), 9U);
  for (const std::string& name : golden.cases()) {
    const auto& image = golden.bytes("image/" + name);
    const auto pixels = image.values.size();
    Elastic elastic({.alpha = golden.floats("alpha/" + name).values[0],
                     .sigma = golden.floats("sigma/" + name).values[0],
                     .fill = golden.bytes("fill/" + name).values[0]},
                    static_cast<int>(image.shape[0]), static_cast<int>(image.shape[1]));
    const auto noise = std::span(golden.floats("noise/" + name).values);
    const auto displacement = std::span(golden.floats("displacement/" + name).values);
    std::vector<float> dx(pixels), dy(pixels);
    elastic.smooth(noise.first(pixels), dx, elastic.pixels_across());
    elastic.smooth(noise.subspan(pixels), dy, elastic.pixels_down());
    rung::testing::expect_tensor_within(name + " across", std::span<const float>(dx),
                                        std::span<const float>(displacement.first(pixels)), 32);
    rung::testing::expect_tensor_within(name + " down", std::span<const float>(dy),
                                        std::span<const float>(displacement.subspan(pixels)), 32);
    std::vector<uint8_t> result(pixels);
    elastic.warp(image.values.data(), result.data(), displacement.first(pixels),
                 displacement.subspan(pixels));
    const auto& expected = golden.bytes("result/" + name).values;
    int differing = 0;
    for (size_t i = 0; i < pixels; ++i) {
      EXPECT_NEAR(result[i], expected[i], 1) << name << ", pixel " << i;
      differing += result[i] != expected[i] ? 1 : 0;
    }
    EXPECT_LE(differing, 2) << name;
  }
}

}  // namespace
}  // namespace rung::data

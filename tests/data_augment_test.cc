// How the random parameters are drawn, and that a sequence is applied in order. augment_golden_test.cc tests
// what each transform does to pixels.
#include "data/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"

namespace rung::data {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr int kDraws = 24'000;

RandomStream stream_for(uint32_t image) {
  return {/*seed=*/1, RandomPurpose::kAugment, image};
}

std::vector<uint8_t> ramp(int height, int width) {
  std::vector<uint8_t> image(static_cast<size_t>(height * width));
  for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<uint8_t>(i * 37 + 5);
  return image;
}

TEST(ColorJitterDraw, HasEveryOrderEquallyOften) {
  std::map<std::array<ColorJitterDraw::Adjustment, 4>, int> counts;
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    ++counts[draw(ColorJitter{}, random).order];
  }
  ASSERT_EQ(counts.size(), 24U);
  // Each count is binomial with mean 1000 and standard deviation 31; the seed is fixed.
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, kDraws / 24, 5 * 31);
}

TEST(ColorJitterDraw, FactorsAreUniformAroundOne) {
  double sum = 0, smallest = 9, largest = 0;
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    const float factor = draw(ColorJitter{.brightness = 0.1}, random).brightness.value();
    sum += factor;
    smallest = std::min<double>(smallest, factor);
    largest = std::max<double>(largest, factor);
  }
  EXPECT_NEAR(smallest, 0.9, 1e-4);
  EXPECT_NEAR(largest, 1.1, 1e-4);
  EXPECT_GE(smallest, 0.9F);
  EXPECT_LE(largest, 1.1F);
  EXPECT_NEAR(sum / kDraws, 1, 5 * 0.2 / std::sqrt(12.0 * kDraws));
}

TEST(ColorJitterDraw, FactorsAreNeverNegativeAndHueIsCentredOnZero) {
  float least_factor = 9, least_hue = 9, largest_hue = -9;
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    const auto drawn = draw(ColorJitter{.contrast = 3, .hue = 0.5}, random);
    least_factor = std::min(least_factor, *drawn.contrast);
    least_hue = std::min(least_hue, *drawn.hue);
    largest_hue = std::max(largest_hue, *drawn.hue);
  }
  EXPECT_GE(least_factor, 0);
  EXPECT_NEAR(least_factor, 0, 1e-2);
  EXPECT_NEAR(least_hue, -0.5, 1e-3);
  EXPECT_NEAR(largest_hue, 0.5, 1e-3);
}

TEST(ColorJitterDraw, StrengthZeroDrawsNoFactor) {
  auto with = stream_for(0);
  auto without = stream_for(0);
  const auto drawn = draw(ColorJitter{.contrast = 0.1}, with);
  EXPECT_FALSE(drawn.brightness || drawn.saturation || drawn.hue);
  draw(ColorJitter{}, without);
  // Besides the order, the one factor was the only draw.
  without.next();
  EXPECT_EQ(with.next(), without.next());
}

TEST(ColorJitterDraw, SaturationAndHueTakeTheirDraws) {
  auto with = stream_for(0);
  auto without = stream_for(0);
  draw(ColorJitter{.saturation = 0.1, .hue = 0.1}, with);
  draw(ColorJitter{}, without);
  without.next();
  without.next();
  EXPECT_EQ(with.next(), without.next());
}

TEST(RandomRotationDraw, IsUniformAndSymmetric) {
  double sum = 0;
  float smallest = 99, largest = -99;
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    const float angle = draw(RandomRotation{.degrees = 7}, random);
    sum += angle;
    smallest = std::min(smallest, angle);
    largest = std::max(largest, angle);
  }
  EXPECT_NEAR(smallest, -7, 1e-2);
  EXPECT_NEAR(largest, 7, 1e-2);
  EXPECT_NEAR(sum / kDraws, 0, 5 * 14 / std::sqrt(12.0 * kDraws));
}

TEST(RandomAffineDraw, StaysWithinItsRanges) {
  const RandomAffine affine{
      .degrees = 20, .translate = {0.25, 0.5}, .scale = {0.5, 1.5}, .shear = {-3, 4, 5, 6}};
  std::map<int, int> across, down;
  double angle = 0, scale = 0;
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    const AffineDraw drawn = draw(affine, 10, 20, random);
    angle += drawn.angle;
    scale += drawn.scale;
    ++across[drawn.translate_x];
    ++down[drawn.translate_y];
    EXPECT_LE(std::abs(drawn.angle), 20);
    EXPECT_TRUE(drawn.scale >= 0.5 && drawn.scale <= 1.5);
    EXPECT_TRUE(drawn.shear_x >= -3 && drawn.shear_x <= 4 && drawn.shear_y >= 5 && drawn.shear_y <= 6);
  }
  EXPECT_NEAR(angle / kDraws, 0, 5 * 40 / std::sqrt(12.0 * kDraws));
  EXPECT_NEAR(scale / kDraws, 1, 5 / std::sqrt(12.0 * kDraws));
  EXPECT_EQ(across.size(), 11U) << "a quarter of 20 pixels each way";
  EXPECT_EQ(down.size(), 11U) << "half of 10 pixels each way";
  EXPECT_NEAR(across[0], kDraws / 10, 5 * 47);
}

TEST(RandomAffineDraw, WhatItLeavesAloneTakesNoDraw) {
  auto with = stream_for(0);
  auto without = stream_for(0);
  draw(RandomAffine{.degrees = 1}, 28, 28, with);
  without.next();
  EXPECT_EQ(with.next(), without.next());
}

TEST(RandomPerspectiveDraw, MovesEachCornerInwardsEquallyFar) {
  const RandomPerspective transform{.distortion_scale = 0.5, .p = 0.25};
  std::array<std::map<int, int>, 4> across, down;
  int moved = 0;
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    const auto corners = draw(transform, 9, 20, random);
    if (!corners) continue;
    ++moved;
    for (size_t corner = 0; corner < 4; ++corner) {
      ++across[corner][(*corners)[corner].x];
      ++down[corner][(*corners)[corner].y];
    }
  }
  EXPECT_NEAR(moved, kDraws / 4, 5 * 67);
  for (size_t corner = 0; corner < 4; ++corner) {
    const bool is_right = corner == 1 || corner == 2;
    const bool is_low = corner >= 2;
    EXPECT_EQ(across[corner].size(), 6U) << "half of half of 20 pixels";
    EXPECT_EQ(across[corner].begin()->first, is_right ? 14 : 0);
    EXPECT_EQ(down[corner].size(), 3U) << "half of half of 9 pixels";
    EXPECT_EQ(down[corner].begin()->first, is_low ? 6 : 0);
    for (const auto& [place, count] : across[corner]) EXPECT_NEAR(count, moved / 6, 5 * 29) << place;
    for (const auto& [place, count] : down[corner]) EXPECT_NEAR(count, moved / 3, 5 * 37) << place;
  }
}

TEST(RandomPerspectiveDraw, TakesOneDrawOrNine) {
  for (const auto& [p, draws] : {std::pair(0.0, 1), {1.0, 9}}) {
    auto with = stream_for(0);
    auto without = stream_for(0);
    draw(RandomPerspective{.p = p}, 28, 28, with);
    for (int i = 0; i < draws; ++i) without.next();
    EXPECT_EQ(with.next(), without.next()) << p;
  }
}

TEST(Perspective, CopiesWhereCornersStay) {
  const auto in = ramp(8, 11);
  for (const Interpolation interpolation : {Interpolation::kNearest, Interpolation::kBilinear}) {
    std::vector<uint8_t> out(in.size());
    perspective(in.data(), out.data(), 8, 11, {{{0, 0}, {10, 0}, {10, 7}, {0, 7}}}, interpolation, 9);
    EXPECT_EQ(out, in);
  }
}

TEST(Perspective, CopiesWhereCornersAreInLine) {
  const auto in = ramp(8, 8);
  for (const Corners& corners :
       {Corners{{{4, 4}, {3, 3}, {7, 7}, {0, 7}}}, Corners{{{4, 0}, {4, 0}, {7, 7}, {0, 7}}}}) {
    std::vector<uint8_t> out(in.size());
    perspective(in.data(), out.data(), 8, 8, corners, Interpolation::kBilinear, 9);
    EXPECT_EQ(out, in);
  }
}

// Large sides, the largest distortion: every map that is drawn has values, or UndefinedBehaviorSanitizer sees
// why not.
TEST(Augmenter, SurvivesEveryPerspective) {
  for (const auto& [height, width] : {std::pair(1, 9), {2, 2}, {3, 300}, {8, 8}}) {
    const std::vector<uint8_t> in(static_cast<size_t>(height * width), 200);
    std::vector<uint8_t> out(in.size());
    Augmenter augmenter({RandomPerspective{.distortion_scale = 1, .p = 1, .fill = 7}}, {1, height, width});
    for (uint32_t image = 0; image < 2000; ++image) {
      auto random = stream_for(image);
      augmenter.apply(in.data(), out.data(), random);
      ASSERT_TRUE(std::ranges::all_of(out, [](int pixel) { return pixel >= 7 && pixel <= 200; }));
    }
  }
}

// The response to a single bright pixel is the kernel.
TEST(Blur, DrawsSigmaUniformlyAndTakesOneDraw) {
  std::vector<uint8_t> in(7 * 7), out(in.size());
  in[24] = 255;
  Augmenter augmenter({GaussianBlur{.kernel_size = {3, 1}, .sigma = {0.5, 1.5}}}, {1, 7, 7});
  int least = 255, most = 0;
  for (uint32_t image = 0; image < kDraws / 10; ++image) {
    auto random = stream_for(image);
    auto without = random;
    augmenter.apply(in.data(), out.data(), random);
    without.next();
    ASSERT_EQ(random.next(), without.next());
    least = std::min<int>(least, out[24]);
    most = std::max<int>(most, out[24]);
    EXPECT_EQ(out[23], out[25]);
    EXPECT_EQ(out[17], 0) << "one row";
  }
  const auto centre = [](double sigma) { return 255 / (1 + 2 * std::exp(-0.5 / (sigma * sigma))); };
  EXPECT_NEAR(most, centre(0.5), 1);
  EXPECT_NEAR(least, centre(1.5), 1);
}

TEST(Blur, KeepsAConstant) {
  for (const double sigma : {0.01, 0.3, 1000.0}) {
    for (const int side : {1, 2, 17}) {
      const std::vector<uint8_t> in(static_cast<size_t>(side) * 3, 77);
      std::vector<uint8_t> out(in.size());
      Blur(side, 3).apply(in.data(), out.data(), {5, 2 * side - 1}, sigma);
      EXPECT_EQ(out, in) << sigma << ", " << side;
    }
  }
}

// torchvision pads by reflection, which needs half of the kernel to be less than the side.
TEST(Augmenter, RefusesAKernelThatIsTooLarge) {
  EXPECT_NO_THROW(Augmenter({GaussianBlur{.kernel_size = {9, 13}}}, {1, 7, 5}));
  EXPECT_THROW(Augmenter({GaussianBlur{.kernel_size = {11, 13}}}, {1, 7, 5}), UsageError);
  EXPECT_THROW(Augmenter({GaussianBlur{.kernel_size = {9, 15}}}, {1, 7, 5}), UsageError);
}

TEST(Elastic, NoiseIsUniform) {
  const Elastic elastic({}, 28, 28);
  double sum = 0, squares = 0;
  std::vector<float> noise(28 * 27);
  for (uint32_t image = 0; image < 100; ++image) {
    auto random = stream_for(image);
    elastic.draw_noise(random, noise);
    for (const float value : noise) {
      EXPECT_LT(std::abs(value), 1);
      sum += value;
      squares += double{value} * value;
    }
  }
  const double count = 100.0 * 28 * 27;
  EXPECT_NEAR(sum / count, 0, 5 / std::sqrt(3 * count));
  EXPECT_NEAR(squares / count, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / count));
}

TEST(Elastic, WithoutStrengthCopies) {
  const auto in = ramp(5, 7);
  std::vector<uint8_t> out(in.size());
  auto random = stream_for(0);
  Augmenter({ElasticTransform{.alpha = 0}}, {1, 5, 7}).apply(in.data(), out.data(), random);
  EXPECT_EQ(out, in);
}

// torchvision refuses longer kernels; here the image is mirrored repeatedly.
TEST(Elastic, SmoothingKeepsAConstant) {
  for (const double sigma : {0.0, 0.3, 5.0, 30.0}) {
    for (const int side : {1, 2, 17, 40}) {
      const auto pixels = static_cast<size_t>(side) * 3;
      Elastic elastic({.alpha = 1, .sigma = sigma}, side, 3);
      std::vector<float> out(pixels);
      elastic.smooth(std::vector<float>(pixels, 0.5F), out, 2);
      for (const float value : out) EXPECT_NEAR(value, 1, 1e-5) << sigma << ", " << side;
    }
  }
}

TEST(Elastic, SurvivesAHugeStrength) {
  const auto in = ramp(9, 9);
  std::vector<uint8_t> out(in.size());
  auto random = stream_for(0);
  Augmenter({ElasticTransform{.alpha = 1e6, .sigma = 0, .fill = 7}}, {1, 9, 9})
      .apply(in.data(), out.data(), random);
  EXPECT_GT(std::count(out.begin(), out.end(), 7), 60);
}

TEST(RandomCrop, ReachesEveryPlaceEquallyOften) {
  std::vector<uint8_t> in(5 * 5), out(in.size());
  in[12] = 1;  // the centre
  std::map<std::ptrdiff_t, int> places;
  Augmenter augmenter({RandomCrop{.padding = 2}}, {1, 5, 5});
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    augmenter.apply(in.data(), out.data(), random);
    ++places[std::ranges::find(out, 1) - out.begin()];
  }
  EXPECT_EQ(places.size(), 25U);
  for (const auto& [place, count] : places) EXPECT_NEAR(count, kDraws / 25, 5 * 31) << place;
}

// Each flips its share of the images and takes one number from the stream, whether it flips or not.
TEST(RandomFlip, HasItsProbabilityAndTakesOneDraw) {
  const auto image = ramp(2, 3);
  const std::vector<uint8_t> mirrored = {image[2], image[1], image[0], image[5], image[4], image[3]};
  const std::vector<uint8_t> upside_down = {image[3], image[4], image[5], image[0], image[1], image[2]};
  const std::vector<std::pair<Transform, std::vector<uint8_t>>> flips = {
      {RandomHorizontalFlip{.p = 0.25}, mirrored}, {RandomVerticalFlip{.p = 0.25}, upside_down}};
  for (const auto& [flip, flipped] : flips) {
    Augmenter augmenter({flip}, {1, 2, 3});
    int count = 0;
    for (uint32_t index = 0; index < kDraws; ++index) {
      auto with = stream_for(index), without = stream_for(index);
      std::vector<uint8_t> out(image.size());
      augmenter.apply(image.data(), out.data(), with);
      without.next();
      ASSERT_EQ(with.next(), without.next());
      if (out != image) {
        ASSERT_EQ(out, flipped);
        ++count;
      }
    }
    EXPECT_NEAR(count, kDraws / 4, 5 * std::sqrt(kDraws * 0.25 * 0.75));
  }
}

TEST(RandomErasingDraw, HasItsProbabilityAreaAndRatio) {
  const RandomErasing erasing{.p = 0.25, .scale = {0.1, 0.2}, .ratio = {0.5, 2}, .value = -3};
  int erased = 0;
  std::map<bool, int> taller;
  for (uint32_t image = 0; image < kDraws; ++image) {
    auto random = stream_for(image);
    const auto found = draw(erasing, 40, 50, random);
    if (!found) continue;
    ++erased;
    ++taller[found->height > found->width];
    EXPECT_NEAR(found->height * found->width, 300, 100 + 40);
    EXPECT_TRUE(found->top >= 0 && found->top + found->height <= 40);
    EXPECT_TRUE(found->left >= 0 && found->left + found->width <= 50);
    EXPECT_EQ(found->value, -3);
  }
  EXPECT_NEAR(erased, kDraws / 4, 5 * 67);
  EXPECT_NEAR(taller[true], erased / 2, 5 * 39 + erased / 40) << "as often taller as wider, but for squares";
}

TEST(RandomErasingDraw, GivesUpWhereNoRectangleFits) {
  auto random = stream_for(0);
  EXPECT_FALSE(draw(RandomErasing{.p = 1, .scale = {1, 1}, .ratio = {1, 1}}, 10, 10, random));
}

// From far left of the image to far right of it: only UndefinedBehaviorSanitizer can see an overflow.
TEST(Augmenter, MaySampleFarBeyondALargeImage) {
  constexpr int kSide = 400;
  const std::vector<uint8_t> in(kSide * kSide, 200);
  std::vector<uint8_t> out(in.size());
  Augmenter augmenter({RandomAffine{.degrees = 10, .scale = {0.01, 0.01}}}, {1, kSide, kSide});
  for (uint32_t image = 0; image < 20; ++image) {
    auto random = stream_for(image);
    augmenter.apply(in.data(), out.data(), random);
    EXPECT_NEAR(std::ranges::count(out, 200), 16, 5);
  }
}

TEST(Augmenter, WithoutTransformsCopies) {
  const auto in = ramp(5, 7);
  std::vector<uint8_t> out(in.size());
  auto random = stream_for(0);
  Augmenter({}, {1, 5, 7}).apply(in.data(), out.data(), random);
  EXPECT_EQ(out, in);
}

// The same draws, applied step by step with the public functions.
std::vector<uint8_t> by_hand(std::vector<uint8_t> image, int height, int width, const ColorJitter& jitter,
                             const RandomRotation& rotation, RandomStream random) {
  const auto drawn = draw(jitter, random);
  for (const auto adjustment : drawn.order) {
    if (adjustment == ColorJitterDraw::kBrightness) adjust_brightness(image, drawn.brightness.value());
    if (adjustment == ColorJitterDraw::kContrast) adjust_contrast(image, 1, drawn.contrast.value());
  }
  auto result = image;
  rotate(image.data(), result.data(), height, width, draw(rotation, random),
         static_cast<uint8_t>(rotation.fill));
  return result;
}

TEST(Augmenter, AppliesTheSequenceInItsOrder) {
  const ColorJitter jitter{.brightness = 0.3, .contrast = 0.3, .saturation = 0.1, .hue = 0.1};
  const RandomRotation rotation{.degrees = 20, .fill = 9};
  const auto in = ramp(9, 12);
  std::vector<uint8_t> out(in.size());
  Augmenter augmenter({jitter, rotation}, {1, 9, 12});
  for (uint32_t image = 0; image < 200; ++image) {
    auto random = stream_for(image);
    augmenter.apply(in.data(), out.data(), random);
    ASSERT_EQ(out, by_hand(in, 9, 12, jitter, rotation, stream_for(image))) << "image " << image;
  }
}

TEST(Augmenter, FillIsNotJitteredWhenRotationComesLast) {
  const auto in = std::vector<uint8_t>(20 * 20, 200);
  std::vector<uint8_t> out(in.size());
  Augmenter augmenter({ColorJitter{.brightness = 0.5}, RandomRotation{.degrees = 45, .fill = 1}},
                      {1, 20, 20});
  for (uint32_t image = 0; image < 50; ++image) {
    auto random = stream_for(image);
    augmenter.apply(in.data(), out.data(), random);
    EXPECT_THAT(out, Each(testing::AnyOf(1, out[10 * 20 + 10])));
  }
}

TEST(AdjustBrightness, SurvivesAHugeFactor) {
  std::vector<uint8_t> image = {0, 1, 255};
  adjust_brightness(image, 3e38F);
  EXPECT_THAT(image, ElementsAre(0, 255, 255));
}

TEST(AdjustContrast, SurvivesAHugeFactor) {
  std::vector<uint8_t> image = {9, 10, 11};
  adjust_contrast(image, 1, 3e38F);
  EXPECT_THAT(image, ElementsAre(0, 10, 255));
}

}  // namespace
}  // namespace rung::data

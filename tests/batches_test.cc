// The order of images, and their blocks of 16.
#include "train/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "data/dataset.h"
#include "every_transform.h"
#include "kernels/layout.h"

namespace rung::train {
namespace {

using kernels::kLanes;
using ::testing::Each;

TEST(Shuffled, IsAPermutation) {
  for (const int count : {1, 2, 17, 1000}) {
    auto order = shuffled(count, 3, 4);
    std::ranges::sort(order);
    std::vector<uint32_t> all(static_cast<size_t>(count));
    std::iota(all.begin(), all.end(), 0U);
    EXPECT_EQ(order, all);
  }
}

TEST(Shuffled, DependsOnSeedAndEpochOnly) {
  EXPECT_EQ(shuffled(100, 1, 0), shuffled(100, 1, 0));
  EXPECT_NE(shuffled(100, 1, 0), shuffled(100, 1, 1));
  EXPECT_NE(shuffled(100, 1, 0), shuffled(100, 2, 0));
  EXPECT_NE(shuffled(100, 1, 0), shuffled(100, (uint64_t{1} << 32) + 1, 0));
}

// Every image takes every position equally often: chi-square with (8-1)^2 = 49 degrees of freedom over the 8
// x 8 counts, whose mean is 49 and standard deviation sqrt(98) = 9.9; six of these are allowed in both
// directions, because too even is not random either.
TEST(Shuffled, IsUniform) {
  constexpr int kImages = 8;
  constexpr int kEpochs = 8000;
  std::array<std::array<int, kImages>, kImages> counts{};
  for (uint32_t epoch = 0; epoch < kEpochs; ++epoch) {
    const auto order = shuffled(kImages, 11, epoch);
    for (size_t position = 0; position < kImages; ++position) ++counts[position][order[position]];
  }
  double chi_square = 0;
  for (const auto& row : counts) {
    for (const int count : row) {
      const double excess = count - kEpochs / kImages;
      chi_square += excess * excess / (kEpochs / kImages);
    }
  }
  EXPECT_LT(chi_square, 49 + 60);
  EXPECT_GT(chi_square, 49 - 40);
}

constexpr int kSide = 6;
constexpr size_t kPixels = size_t{kSide} * kSide;

// Images of 6 x 6 pixels; pixel p of image i is 7 i + 3 p, wrapped.
data::Split split_of(int count) {
  data::Split split{.count = count, .height = kSide, .width = kSide, .pixels = {}, .labels = {}};
  for (int image = 0; image < count; ++image) {
    for (size_t pixel = 0; pixel < kPixels; ++pixel)
      split.pixels.push_back(static_cast<uint8_t>(7 * image + 3 * static_cast<int>(pixel)));
    split.labels.push_back(0);
  }
  return split;
}

std::vector<float> load(BlockLoader& loader, const std::vector<uint32_t>& images, int thread = 0,
                        uint64_t seed = 1, uint32_t epoch = 0) {
  std::vector<float> x(kPixels * kLanes, -99.0F);
  loader.load(images, thread, seed, epoch, x.data());
  return x;
}

std::vector<float> lane_of(const std::vector<float>& x, size_t lane) {
  std::vector<float> values;
  for (size_t pixel = 0; pixel < kPixels; ++pixel) values.push_back(x[pixel * kLanes + lane]);
  return values;
}

TEST(BlockLoader, NormalisesEachImageIntoItsLane) {
  const data::Split split = split_of(40);
  BlockLoader loader(split.images(), {.name = "", .mean = 0.1307, .std = 0.3081});
  const std::vector<uint32_t> images = {39, 0, 7};
  const auto x = load(loader, images);
  for (size_t lane = 0; lane < images.size(); ++lane) {
    const auto values = lane_of(x, lane);
    for (size_t pixel = 0; pixel < kPixels; ++pixel) {
      const float value = split.pixels[images[lane] * kPixels + pixel];
      EXPECT_FLOAT_EQ(values[pixel], (value / 255.0F - 0.1307F) / 0.3081F)
          << "lane " << lane << " pixel " << pixel;
    }
  }
  for (size_t lane = images.size(); lane < kLanes; ++lane) EXPECT_THAT(lane_of(x, lane), Each(0.0F));
}

// Images 0 to 23 one by one, from lane 0: so many that no two series of flips are alike.
std::vector<std::vector<float>> one_by_one(BlockLoader& loader, uint64_t seed, uint32_t epoch) {
  std::vector<std::vector<float>> images;
  for (uint32_t image = 0; image < 24; ++image)
    images.push_back(lane_of(load(loader, {image}, 0, seed, epoch), 0));
  return images;
}

TEST(BlockLoader, EveryTransformDependsOnImageEpochAndSeedNotOnLaneThreadOrOrder) {
  const data::Split split = split_of(40);
  BlockLoader plain(split.images(), {});
  for (const data::Transform& transform : rung::testing::every_transform()) {
    SCOPED_TRACE(std::visit([](const auto& kind) { return kind.kName; }, transform));
    BlockLoader loader(split.images(), {});
    loader.augment({transform}, 3);
    const auto expected = one_by_one(loader, 1, 0);
    const auto found = load(loader, {9, 7, 6, 5, 4, 3, 2, 1, 0}, 2);
    for (size_t image = 0; image < 8; ++image) {
      EXPECT_EQ(lane_of(found, 8 - image), expected[image]);
      EXPECT_EQ(lane_of(load(loader, {30, 31, static_cast<uint32_t>(image)}, 1), 2), expected[image]);
    }
    EXPECT_NE(one_by_one(loader, 1, 1), expected);
    EXPECT_NE(one_by_one(loader, 2, 0), expected);
    EXPECT_NE(one_by_one(plain, 1, 0), expected);
  }
}

// The value belongs to the normalised image, and appears only in a rectangle of its lane.
TEST(BlockLoader, ErasesAfterNormalising) {
  const data::Split split = split_of(40);
  BlockLoader loader(split.images(), {});
  BlockLoader plain(split.images(), {});
  loader.augment({data::RandomErasing{.p = 0.6, .scale = {0.1, 0.4}, .value = 77}}, 1);
  const std::vector<uint32_t> images = {3, 9, 30, 5, 6, 7, 8, 11};
  const auto x = load(loader, images);
  const auto before = load(plain, images);
  int erased_images = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const auto values = lane_of(x, lane);
    const auto untouched = lane_of(before, lane);
    const auto erased = std::ranges::count(values, 77.0F);
    erased_images += erased > 0 ? 1 : 0;
    for (size_t pixel = 0; pixel < kPixels; ++pixel) {
      EXPECT_TRUE(values[pixel] == 77.0F || values[pixel] == untouched[pixel]);
    }
  }
  EXPECT_GT(erased_images, 1);
  EXPECT_LT(erased_images, 8);
}

// Each image and the one before it; the first one's is the last.
TEST(BlockLoader, MixesEachImageWithTheOneBeforeIt) {
  const data::Split split = split_of(40);
  BlockLoader loader(split.images(), {});
  loader.augment(rung::testing::every_transform(), 3);
  loader.mix(3);
  std::vector<uint32_t> batch(19);
  for (uint32_t image = 0; image < batch.size(); ++image) batch[image] = 3 * image % 40;
  for (const int block : {0, 1}) {
    std::vector<float> x(kPixels * kLanes, -99.0F);
    loader.load_mixed(batch, block, 0.3, block + 1, 1, 5, x.data());
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const size_t place = static_cast<size_t>(block) * kLanes + lane;
      const auto found = lane_of(x, lane);
      if (place >= batch.size()) {
        EXPECT_THAT(found, Each(0.0F));
        continue;
      }
      const auto own = lane_of(load(loader, {batch[place]}, 0, 1, 5), 0);
      const auto before =
          lane_of(load(loader, {batch[(place + batch.size() - 1) % batch.size()]}, 0, 1, 5), 0);
      for (size_t pixel = 0; pixel < kPixels; ++pixel)
        EXPECT_EQ(found[pixel], before[pixel] * 0.7F + own[pixel] * 0.3F) << "place " << place;
    }
  }
}

TEST(BlockLoader, WithoutTransformsEpochAndSeedChangeNothing) {
  const data::Split split = split_of(40);
  BlockLoader loader(split.images(), {});
  loader.augment({}, 3);
  EXPECT_EQ(load(loader, {4, 5}, 0, 1, 0), load(loader, {4, 5}, 2, 9, 9));
}

}  // namespace
}  // namespace rung::train

// Faults that are planted in a dataset of random drawings, and found again.
#include "data/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "base/philox.h"

namespace rung::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kSide = 12;
constexpr size_t kSize = kSide * kSide;

// Blots on a dark ground, none like another.
Split drawings(int count, uint64_t seed) {
  Split split{count, kSide, kSide, std::vector<uint8_t>(static_cast<size_t>(count) * kSize), {}};
  RandomStream random(seed, RandomPurpose::kInit);
  for (size_t image = 0; image < static_cast<size_t>(count); ++image) {
    for (size_t row = 1; row + 1 < kSide; ++row)
      for (size_t column = 1; column + 1 < kSide; ++column)
        split.pixels[image * kSize + row * kSide + column] = static_cast<uint8_t>(random.below(250));
    split.labels.push_back(static_cast<uint8_t>(image % 3));
  }
  return split;
}

Dataset dataset() {
  Dataset data;
  data.name = "drawings";
  data.classes = 3;
  data.train = drawings(60, 1);
  data.test = drawings(30, 2);
  return data;
}

std::span<uint8_t> image(Split& split, size_t at) {
  return std::span(split.pixels).subspan(at * kSize, kSize);
}

CheckResult checked(const Dataset& data, int threads = 1) {
  ThreadPool pool(threads);
  return check(data, pool);
}

TEST(Check, FindsNothingWhereNothingIs) {
  const CheckResult result = checked(dataset());
  EXPECT_THAT(result.copies, IsEmpty());
  EXPECT_THAT(result.near_copies, IsEmpty());
  EXPECT_THAT(result.blank, IsEmpty());
  EXPECT_THAT(result.inverted, IsEmpty());
}

TEST(Check, FindsCopiesAndTheirLabels) {
  Dataset data = dataset();
  std::ranges::copy(image(data.train, 4), image(data.test, 7).begin());  // both of class 1
  std::ranges::copy(image(data.train, 9), image(data.train, 11).begin());
  const CheckResult result = checked(data);
  EXPECT_THAT(result.copies, ElementsAre(ElementsAre(Place{false, 4}, Place{true, 7}),
                                         ElementsAre(Place{false, 9}, Place{false, 11})));
  EXPECT_THAT(result.near_copies, IsEmpty());
  EXPECT_TRUE(is_across_splits(result.copies[0]));
  EXPECT_FALSE(is_across_splits(result.copies[1]));
  EXPECT_THAT(with_different_labels(data, result.copies),
              ElementsAre(ElementsAre(Place{false, 9}, Place{false, 11})));
}

TEST(Check, FindsWhatIsNearlyTheSame) {
  Dataset data = dataset();
  const auto copy = image(data.test, 3);
  std::ranges::transform(image(data.train, 20), copy.begin(),
                         [](uint8_t pixel) { return static_cast<uint8_t>(pixel + (pixel > 100 ? 5 : 0)); });
  const CheckResult result = checked(data);
  ASSERT_EQ(result.near_copies.size(), 1);
  EXPECT_EQ(result.near_copies[0].first, (Place{false, 20}));
  EXPECT_EQ(result.near_copies[0].second, (Place{true, 3}));
  EXPECT_GT(result.near_copies[0].correlation, 0.99);
  EXPECT_THAT(result.copies, IsEmpty());
}

TEST(Check, FindsBlankAndInvertedImages) {
  Dataset data = dataset();
  std::ranges::fill(image(data.train, 2), 0);
  std::ranges::fill(image(data.train, 5), 0);
  for (uint8_t& pixel : image(data.test, 1)) pixel = static_cast<uint8_t>(255 - pixel);
  const CheckResult result = checked(data);
  EXPECT_THAT(result.blank, ElementsAre(Place{false, 2}, Place{false, 5}));
  EXPECT_THAT(result.inverted, ElementsAre(Place{true, 1}));
  EXPECT_THAT(result.copies, IsEmpty());
}

TEST(Check, AtOnceFindsWhatMakesResultsWrong) {
  Dataset data = dataset();
  EXPECT_EQ(faults_at_once(data), "");
  std::ranges::copy(image(data.train, 3), image(data.train, 12).begin());  // of the same class
  EXPECT_EQ(faults_at_once(data), "");
  std::ranges::copy(image(data.train, 4), image(data.test, 7).begin());
  std::ranges::copy(image(data.train, 5), image(data.test, 8).begin());
  EXPECT_EQ(faults_at_once(data), "2 images both in training and test");
  std::ranges::copy(image(data.train, 9), image(data.train, 11).begin());
  std::ranges::fill(image(data.train, 2), 0);
  EXPECT_EQ(faults_at_once(data),
            "2 images both in training and test, 1 image with several labels, 1 image of one grey level");
}

TEST(Check, DoesNotDependOnTheThreads) {
  Dataset data = dataset();
  for (size_t copy = 0; copy < 10; ++copy) {
    std::ranges::copy(image(data.train, copy), image(data.test, copy).begin());
    image(data.test, copy)[kSide + 1 + copy] ^= 3;
  }
  const CheckResult one = checked(data), three = checked(data, 3);
  ASSERT_EQ(one.near_copies.size(), 10);
  for (size_t i = 0; i < one.near_copies.size(); ++i) {
    EXPECT_EQ(one.near_copies[i].first, three.near_copies[i].first);
    EXPECT_EQ(one.near_copies[i].second, three.near_copies[i].second);
    EXPECT_EQ(one.near_copies[i].correlation, three.near_copies[i].correlation);
  }
}

}  // namespace
}  // namespace rung::data

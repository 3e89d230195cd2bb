// What is said of how digits lie, and that nothing is said where the classifier cannot know. That it knows
// MNIST's digits is tested in cli/data/digits.sh, as the tests of the program have the images.
#include "inspect/digits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/philox.h"
#include "inspect/assets.h"
#include "inspect/findings.h"

namespace rung::inspect {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kSide = 16;

// A light rectangle for each image; the class decides its height, chance its place and brightness.
data::Split rectangles(int count, int classes) {
  data::Split split{count, kSide, kSide, {}, {}};
  RandomStream random(3, RandomPurpose::kInit);
  for (int image = 0; image < count; ++image) {
    const int label = image % classes;
    const int height = 2 + label, top = static_cast<int>(random.below(3));
    const int left = 1 + static_cast<int>(random.below(4)), right = 9 + static_cast<int>(random.below(5));
    const auto light = static_cast<uint8_t>(150 + random.below(100));
    for (int row = 0; row < kSide; ++row)
      for (int column = 0; column < kSide; ++column)
        split.pixels.push_back(row >= top && row < top + height && column >= left && column < right ? light
                                                                                                    : 0);
    split.labels.push_back(static_cast<uint8_t>(label));
  }
  return split;
}

std::optional<Digits> digits_of(const data::Split& split, const std::vector<std::string>& names = {}) {
  ThreadPool pool(1);
  return digits_in(split, names, pool);
}

TEST(Digits, NothingIsSaidOfWhatIsNoDigit) {
  EXPECT_FALSE(digits_of(rectangles(400, 10)));
  EXPECT_FALSE(digits_of(rectangles(400, 13)));
  EXPECT_FALSE(digits_of(rectangles(400, 4)));
  EXPECT_FALSE(digits_of(rectangles(90, 10)));
  EXPECT_FALSE(digits_of(rectangles(0, 10)));
  EXPECT_FALSE(digits_of(rectangles(400, 10), {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}));
}

TEST(Digits, TheRemarkSaysWhatWasDoneToThem) {
  const std::optional<Digits> upright = Digits{Symmetry::kNone, 1000, 0.98, 0.98};
  const std::optional<Digits> transposed = Digits{Symmetry::kTransposed, 1000, 0.97, 0.13};
  EXPECT_THAT(remark_on({}, {}), IsEmpty());
  EXPECT_THAT(remark_on(upright, upright), IsEmpty());
  EXPECT_THAT(remark_on(upright, {}), IsEmpty());
  EXPECT_EQ(remark_on(transposed, {}),
            "the digits lie transposed (rows and columns are exchanged): a digit classifier agrees with 97 % "
            "of 1,000 labels if that is undone, with 13 % if not; import them with --transpose");
  EXPECT_EQ(remark_on(transposed, transposed), remark_on({}, transposed));
  EXPECT_THAT(remark_on(upright, transposed),
              HasSubstr("the training images lie upright, those of the test images transposed (rows"));
}

TEST(Digits, TheClassifierIsSmall) {
  EXPECT_LT(kDigitsWeights.size(), 10'000);
}

}  // namespace
}  // namespace rung::inspect

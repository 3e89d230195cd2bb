// Preconditions: a broken one ends a build that checks them, and costs nothing in a release.
#include "base/require.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/beta.h"
#include "base/exact_math.h"
#include "base/philox.h"
#include "data/augment.h"
#include "ladder/run_statistics.h"
#include "train/run_record.h"

namespace rung {
namespace {

#ifdef RUNG_CHECKS_PRECONDITIONS
constexpr bool kChecked = true;
#else
constexpr bool kChecked = false;
#endif

TEST(Require, EvaluatesTheConditionWhereItIsChecked) {
  int evaluated = 0;
  RUNG_REQUIRE(++evaluated > 0);
  EXPECT_EQ(evaluated, kChecked ? 1 : 0);
}

class RequireDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!kChecked) GTEST_SKIP() << "this build does not check preconditions";
  }
};

TEST_F(RequireDeathTest, SaysWhereAndWhat) {
  EXPECT_DEATH(RUNG_REQUIRE(std::vector<int>{}.size() == 1),
               "require_test.cc:[0-9]+: broken precondition: std::vector<int>\\{\\}.size\\(\\) == 1");
}

TEST_F(RequireDeathTest, OfFunctions) {
  const std::vector<double> none;
  const std::vector<double> infinite = {1, INFINITY};
  EXPECT_DEATH(RandomStream(1, RandomPurpose::kShuffle, 0, 0).below(0), "broken precondition: bound > 0");
  EXPECT_DEATH(logarithm(0), "broken precondition: x > 0");
  EXPECT_DEATH(sine(NAN), "broken precondition");
  RandomStream random(1, RandomPurpose::kMixUp, 0, 0);
  EXPECT_DEATH(draw_beta(0, random), "broken precondition: 0.01 <= alpha");
  EXPECT_DEATH(ladder::summarise(none), "broken precondition: !values.empty");
  EXPECT_DEATH(ladder::summarise(infinite), "all_finite");
  EXPECT_DEATH(train::RunRecord{}.best(), "broken precondition: !epochs.empty");
}

// The fields' ranges are those of recipes.
TEST_F(RequireDeathTest, OfTransforms) {
  EXPECT_DEATH(data::Augmenter({data::ColorJitter{.hue = 0.6}}, {1, 28, 28}), "has_possible_values");
  EXPECT_DEATH(data::Augmenter({data::RandomAffine{.scale = {0, 1}}}, {1, 28, 28}), "has_possible_values");
  EXPECT_DEATH(data::Augmenter({data::RandomCrop{.padding = -1}}, {1, 28, 28}), "has_possible_values");
  const std::vector<uint8_t> image(28 * 28);
  std::vector<uint8_t> out(image.size());
  EXPECT_DEATH(data::Blur(28, 28).apply(image.data(), out.data(), {4, 3}, 1), "kernel_size.0. % 2 == 1");
}

}  // namespace
}  // namespace rung

// Softmax for every kind of float. library_test.cc compares the logits with what the program says.
#include "train/logits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rung::train {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::IsNan;

TEST(Softmax, TakesAnyLogits) {
  const std::vector<float> far = {-3e38F, 3e38F, 0};
  EXPECT_THAT(softmax(far), ElementsAre(DoubleNear(0, 1e-290), 1.0, DoubleNear(0, 1e-290)));
  const std::vector<float> equal = {7, 7};
  EXPECT_THAT(softmax(equal), ElementsAre(0.5, 0.5));
  for (const float odd : {NAN, INFINITY}) {
    const std::vector<float> logits = {1, odd, 2};
    EXPECT_THAT(softmax(logits), Each(IsNan()));
  }
}

}  // namespace
}  // namespace rung::train

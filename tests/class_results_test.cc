// Recall and balanced accuracy: what scikit-learn's recall_score and balanced_accuracy_score give.
#include "train/class_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace rung::train {
namespace {

using ::testing::ElementsAre;

TEST(ClassResults, CountImagesByTruthAndPrediction) {
  const std::vector<uint8_t> labels = {0, 0, 0, 0, 1, 1, 3};
  const std::vector<uint8_t> predicted = {0, 0, 0, 1, 1, 0, 2};
  const ClassResults results = class_results(labels, predicted, 4);
  EXPECT_THAT(results.images, ElementsAre(4, 2, 0, 1));
  EXPECT_THAT(results.correct, ElementsAre(3, 1, 0, 0));
  EXPECT_THAT(results.predicted, ElementsAre(4, 2, 1, 0));
}

// By hand: (75 + 50 + 0) / 3, over the classes that have images; accuracy is 57.14 %.
TEST(ClassResults, BalancedAccuracyIsTheMeanRecallOfTheClassesThatAreThere) {
  const ClassResults results{{4, 2, 0, 1}, {3, 1, 0, 0}, {4, 2, 1, 0}};
  EXPECT_EQ(results.recall(0), 75);
  EXPECT_EQ(results.recall(1), 50);
  EXPECT_EQ(results.recall(2), std::nullopt);
  EXPECT_EQ(results.recall(3), 0);
  EXPECT_NEAR(results.balanced_accuracy(), 125.0 / 3, 1e-12);
}

}  // namespace
}  // namespace rung::train

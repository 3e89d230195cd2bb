// What is said about odd data, and that nothing is said about data that is in order.
#include "data/remarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace rung::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Images of 1 x 2 pixels.
Split split_of(std::vector<uint8_t> labels) {
  Split split{static_cast<int>(labels.size()), 1, 2, {}, std::move(labels)};
  for (int image = 0; image < split.count; ++image) split.pixels.insert(split.pixels.end(), {0, 200});
  return split;
}

Dataset dataset_of(std::vector<uint8_t> train, std::vector<uint8_t> test) {
  const int classes = 1 + *std::ranges::max_element(train);
  return {"./own", classes, {}, split_of(std::move(train)), split_of(std::move(test))};
}

// As of a model with an output for each class.
std::vector<std::string> remarks_of(const Dataset& data, const DatasetSpec& spec) {
  return remarks_on(data, spec, data.classes);
}

std::vector<std::string> remarks_with(int validation, ValidationSplit split, std::vector<uint8_t> labels) {
  DatasetSpec spec{.name = "./own", .validation = validation, .validation_split = split};
  return remarks_of(dataset_of(std::move(labels), {0, 1, 2}), spec);
}

TEST(Remarks, NoneAboutDataInOrder) {
  EXPECT_THAT(remarks_of(dataset_of({0, 1, 2, 0, 1, 2}, {2, 1, 0}), {}), IsEmpty());
  EXPECT_THAT(remarks_of(dataset_of({0, 1, 2}, {}), {}), IsEmpty());
  EXPECT_THAT(remarks_with(3, ValidationSplit::kLast, {0, 1, 2, 0, 1, 2}), IsEmpty());
}

TEST(Remarks, LabelsFrom1AndLabelsWithGaps) {
  EXPECT_THAT(remarks_of(dataset_of({1, 2, 3}, {1, 2, 3}), {}),
              ElementsAre("the training labels are 1..3, but class 0 has no image; subtract 1 from every "
                          "label, or the model has outputs that nothing uses"));
  EXPECT_THAT(remarks_of(dataset_of({0, 2, 5}, {0, 2, 5}), {}),
              ElementsAre("the training labels are 0..5, but classes 1, 3 and 4 have no image; number the "
                          "classes without gaps, or the model has outputs that nothing uses"));
  const std::vector<uint8_t> far = {0, 40};
  EXPECT_THAT(remarks_of(dataset_of(far, far), {}).front(),
              HasSubstr("the training labels are 0..40, but classes 1 to 39 have no image; number"));
  std::vector<uint8_t> even;
  for (uint8_t label = 0; label <= 40; label += 2) even.push_back(label);
  EXPECT_THAT(remarks_of(dataset_of(even, even), {}).front(),
              HasSubstr("but classes 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, ... (20 in all) have no image"));
}

TEST(Remarks, OutputsThatNoLabelUses) {
  EXPECT_THAT(
      remarks_on(dataset_of({0, 1, 2}, {0, 1, 2}), {}, 10),
      ElementsAre("the model has 10 classes, but no label of ./own is above 2: with classes = 3 in [model] "
                  "it has no outputs that nothing uses"));
}

TEST(Remarks, ClassesThatTheTestSetLacks) {
  EXPECT_THAT(
      remarks_of(dataset_of({0, 1, 2}, {1, 1}), {}),
      ElementsAre("the test set has no image of classes 0 and 2: test accuracy says nothing about them"));
}

TEST(Remarks, ClassesThatAreHeldOutAsAWholeOrNotAtAll) {
  EXPECT_THAT(
      remarks_with(2, ValidationSplit::kLast, {0, 0, 1, 1, 2, 2}),
      ElementsAre("all images of class 2 are held out for validation, so the model never trains on it; "
                  "set validation_split = \"stratified\" in [dataset]",
                  "no image of classes 0 and 1 is held out: validation accuracy says nothing about them; "
                  "set validation_split = \"stratified\" in [dataset]"));
  EXPECT_THAT(
      remarks_with(2, ValidationSplit::kStratified, {0, 1, 2, 2, 0, 1}),
      ElementsAre("no image of class 2 is held out: validation accuracy says nothing about it; change "
                  "validation in [dataset]"));
}

TEST(Remarks, ImagesThatShowNothing) {
  Dataset data = dataset_of({0, 1, 2, 2}, {0, 1, 2});
  std::ranges::fill(data.train.pixels, 1);
  data.train.pixels[0] = 0;
  EXPECT_THAT(
      remarks_of(data, {}),
      ElementsAre("no pixel of the training images is above 1 of 255: were they scaled to 0..1? Write "
                  "them as uint8 from 0 to 255"));
  std::ranges::fill(data.train.pixels, 100);
  std::ranges::fill(data.test.pixels, 100);
  EXPECT_THAT(
      remarks_of(data, {}),
      ElementsAre("all 4 training images are nearly one grey (their pixels differ by less than 8 of 255); "
                  "look at them with `rung data show`",
                  "all 3 test images are nearly one grey (their pixels differ by less than 8 of 255); "
                  "look at them with `rung data show`"));
  data.train.pixels = {100, 107, 100, 107, 100, 108, 0, 255};
  data.test.pixels = {0, 255, 0, 255, 3, 3};
  EXPECT_THAT(
      remarks_of(data, {}),
      ElementsAre("2 of the 4 training images are nearly one grey (their pixels differ by less than 8 of "
                  "255); look at them with `rung data show`"));
  data.train.pixels[2] = 99;
  EXPECT_THAT(remarks_of(data, {}), IsEmpty());
}

TEST(Remarks, ClassesOfVeryDifferentSizes) {
  EXPECT_EQ(imbalance_remark(std::vector{100, 0, 299, 150}), std::nullopt);
  EXPECT_EQ(imbalance_remark(std::vector{0, 0}), std::nullopt);
  EXPECT_EQ(
      imbalance_remark(std::vector{100, 0, 300, 150}),
      "class 0 has 100 training images and class 2 has 300: accuracy is mostly that of the large classes; "
      "class_weights = \"balanced\" in [training] counts all classes alike");
}

}  // namespace
}  // namespace rung::data

// Which images are trained on, validate and test: drawn by class, by a seed, and never the same image twice.
#include "data/arrange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/split_statistics.h"

namespace rung::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Images of two pixels, sorted by class: `sizes[k]` of class k, each with its own number in its pixels.
Split sorted_split(const std::vector<int>& sizes) {
  Split split{0, 1, 2, {}, {}};
  for (size_t label = 0; label < sizes.size(); ++label) {
    for (int image = 0; image < sizes[label]; ++image, ++split.count) {
      split.labels.push_back(static_cast<uint8_t>(label));
      split.pixels.push_back(static_cast<uint8_t>(split.count));
      split.pixels.push_back(static_cast<uint8_t>(split.count >> 8));
    }
  }
  return split;
}

Dataset sorted_dataset(const std::vector<int>& sizes, const Split& test) {
  return {"./sorted", static_cast<int>(sizes.size()), {}, sorted_split(sizes), test};
}

Dataset without_test(const std::vector<int>& sizes) {
  return sorted_dataset(sizes, {0, 1, 2, {}, {}});
}

DatasetSpec spec_of(Portion validation, Portion test = 0, uint64_t seed = 0) {
  return {.name = "./sorted",
          .mean = 0.5,
          .std = 0.25,
          .validation = validation,
          .validation_split = ValidationSplit::kStratified,
          .test = test,
          .split_seed = seed};
}

std::vector<int> counts(const Split& split, int first, int count, int classes) {
  return class_counts(std::span(split.labels).subspan(static_cast<size_t>(first), static_cast<size_t>(count)),
                      classes);
}

// Which of the images of sorted_split() these are.
std::vector<int> numbers(const Split& split) {
  std::vector<int> result;
  for (size_t i = 0; i < split.pixels.size(); i += 2)
    result.push_back(split.pixels[i] + 256 * split.pixels[i + 1]);
  return result;
}

// The message, and hint, of the UsageError.
template <typename Action>
std::string usage_error_of(Action action) {
  try {
    action();
  } catch (const UsageError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  ADD_FAILURE() << "expected a UsageError";
  return "";
}

TEST(Stratified, EachClassGivesItsShareByLargestRemainders) {
  const Split split = sorted_split({50, 30, 15, 5});
  const auto of = [&](int count) {
    std::vector<uint8_t> labels;
    for (const uint32_t image : stratified(split.labels, count, 1, 0)) labels.push_back(split.labels[image]);
    return class_counts(labels, 4);
  };
  EXPECT_THAT(of(20), ElementsAre(10, 6, 3, 1));
  EXPECT_THAT(of(10), ElementsAre(5, 3, 2, 0));  // of 1.5 and 0.5 the first
  EXPECT_THAT(of(1), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(of(0), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(of(100), ElementsAre(50, 30, 15, 5));
}

TEST(Stratified, IsAFunctionOfSeedAndDraw) {
  const Split split = sorted_split({100, 100});
  const auto first = stratified(split.labels, 20, 1, 0);
  EXPECT_TRUE(std::ranges::is_sorted(first));
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 20);
  EXPECT_EQ(stratified(split.labels, 20, 1, 0), first);
  EXPECT_NE(stratified(split.labels, 20, 2, 0), first);
  EXPECT_NE(stratified(split.labels, 20, 1, 1), first);
  // The split of a recipe is the same with every version of Rung.
  EXPECT_THAT(stratified(sorted_split({8, 8}).labels, 4, 0, 1), ElementsAre(2, 5, 12, 14));
}

TEST(Portion, SharesAreRoundedUp) {
  EXPECT_EQ(images_in(Portion::of(0.2), 10), 2);
  EXPECT_EQ(images_in(Portion::of(0.21), 10), 3);
  EXPECT_EQ(images_in(7, 10), 7);
  EXPECT_EQ(images_in({}, 10), 0);
}

TEST(Arranged, HoldsOutEveryClassOfSortedImages) {
  const Dataset data =
      arranged(sorted_dataset({60, 30, 10}, sorted_split({1, 1, 1})), spec_of(Portion::of(0.2)));
  EXPECT_EQ(data.train.count, 100);
  EXPECT_THAT(counts(data.train, 0, 80, 3), ElementsAre(48, 24, 8));
  EXPECT_THAT(counts(data.train, 80, 20, 3), ElementsAre(12, 6, 2));
  auto images = numbers(data.train);
  EXPECT_TRUE(std::is_sorted(images.begin(), images.begin() + 80));  // both parts in the files' order
  EXPECT_TRUE(std::is_sorted(images.begin() + 80, images.end()));
  std::ranges::sort(images);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(images[static_cast<size_t>(i)], i);
}

TEST(Arranged, LeavesTheLastImagesWhereTheyAre) {
  DatasetSpec spec = spec_of(20);
  spec.validation_split = ValidationSplit::kLast;
  const Dataset files = sorted_dataset({60, 40}, sorted_split({1, 1}));
  EXPECT_EQ(arranged(files, spec).train.pixels, files.train.pixels);
}

TEST(Arranged, TakesTestImagesFromTheTrainingImages) {
  const Dataset data = arranged(without_test({60, 40}), spec_of(Portion::of(0.25), Portion::of(0.2)));
  EXPECT_EQ(data.train.count, 80);
  EXPECT_EQ(data.test.count, 20);
  EXPECT_THAT(counts(data.test, 0, 20, 2), ElementsAre(12, 8));
  EXPECT_THAT(counts(data.train, 60, 20, 2), ElementsAre(12, 8));
  auto images = numbers(data.train);
  for (const int image : numbers(data.test)) images.push_back(image);
  EXPECT_EQ(std::set(images.begin(), images.end()).size(), 100);
}

TEST(Arranged, WeightsStayWithTheirImages) {
  Dataset files = without_test({60, 40});
  for (int i = 0; i < 100; ++i) files.train.weights.push_back(static_cast<float>(i));
  const Dataset data = arranged(files, spec_of(Portion::of(0.25), Portion::of(0.2)));
  for (const Split* split : {&data.train, &data.test})
    EXPECT_EQ(std::vector<int>(split->weights.begin(), split->weights.end()), numbers(*split));
  EXPECT_NE(sha256(data),
            sha256(arranged(without_test({60, 40}), spec_of(Portion::of(0.25), Portion::of(0.2)))));
}

TEST(Arranged, TheHashIsOfWhatIsTrainedOnAndTested) {
  const auto hash = [](const DatasetSpec& spec) { return sha256(arranged(without_test({60, 40}), spec)); };
  const std::string first = hash(spec_of(10, 20));
  EXPECT_EQ(hash(spec_of(10, 20)), first);
  EXPECT_NE(hash(spec_of(10, 20, 1)), first);
  EXPECT_NE(hash(spec_of(10, 21)), first);
  EXPECT_NE(hash(spec_of(11, 20)), first);
}

TEST(Arranged, RefusesNoTestImagesAndTwoKindsOfThem) {
  EXPECT_THAT(
      usage_error_of([] {
        arranged(without_test({6, 4}), spec_of(2));
      }),
      HasSubstr("./sorted has training images, but no test images | add files with test images, or test = "
                "0.2 to [dataset]"));
  EXPECT_THAT(usage_error_of([] {
                arranged(sorted_dataset({6, 4}, sorted_split({1, 1})), spec_of(2, 2));
              }),
              HasSubstr("./sorted has test images, and [dataset] takes others"));
  EXPECT_THAT(usage_error_of([] {
                arranged(without_test({6, 4}), spec_of(0, 10));
              }),
              HasSubstr("a test set of 10 images leaves none of the 10 training images of ./sorted"));
}

TEST(Resolved, CountsAndMeasuresOnWhatIsTrainedOn) {
  DatasetSpec spec = spec_of(Portion::of(0.5), Portion::of(0.5));
  spec.mean = spec.std = std::nullopt;
  Dataset data = arranged(without_test({8}), spec);
  data.train.pixels = {0, 255, 0, 255, 9, 9, 9, 9};  // the last two images are held out
  EXPECT_FALSE(is_resolved(spec));
  const DatasetSpec result = resolved(spec, data);
  EXPECT_TRUE(is_resolved(result));
  EXPECT_EQ(result.test, Portion(4));
  EXPECT_EQ(result.validation, Portion(2));
  EXPECT_EQ(result.mean, 0.5);
  EXPECT_EQ(result.std, 0.57735);  // sqrt(1/3), of 6 digits
  EXPECT_EQ(resolved(result, data), result);
  EXPECT_EQ(numbers(arranged(without_test({8}), result).test),
            numbers(arranged(without_test({8}), spec).test));
}

TEST(Resolved, RefusesToTrainOnNothing) {
  EXPECT_THAT(usage_error_of([] {
                resolved(spec_of(10), without_test({6, 4}));
              }),
              HasSubstr("a validation split of 10 images leaves none of the 10 training images"));
  DatasetSpec spec = spec_of(1);
  spec.std = std::nullopt;
  Dataset grey = without_test({6, 4});
  std::ranges::fill(grey.train.pixels, 7);
  EXPECT_THAT(usage_error_of([&] { resolved(spec, grey); }),
              HasSubstr("all pixels of the training images of ./sorted have the value 7"));
}

TEST(Arrangement, IsEqualWhereTheImagesAre) {
  DatasetSpec last = spec_of(10);
  last.validation_split = ValidationSplit::kLast;
  DatasetSpec none = last;
  none.validation = 0;
  none.split_seed = 3;
  EXPECT_EQ(arrangement_of(last), "./sorted");
  EXPECT_EQ(arrangement_of(none), "./sorted");
  const std::set<std::string> all = {arrangement_of(last), arrangement_of(spec_of(10)),
                                     arrangement_of(spec_of(11)), arrangement_of(spec_of(10, 5)),
                                     arrangement_of(spec_of(10, 0, 1))};
  EXPECT_EQ(all.size(), 5);
}

}  // namespace
}  // namespace rung::data

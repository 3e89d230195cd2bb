// The advice about a model: for the ladder's models, and that it holds for unusual ones.
#include "ladder/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rung::ladder {
namespace {

using namespace nn;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Sentences = std::vector<std::string>;

Sentences advice(const recipe::Recipe& recipe) {
  return advise(recipe, infer(recipe.model));
}

// The advice on a model for the dataset's one-channel images, with a budget of parameters.
Sentences advice(int height, int width, int classes, std::vector<LayerSpec> layers,
                 const std::string& dataset = "mnist", double budget = 0) {
  recipe::Recipe recipe;
  recipe.dataset.name = dataset;
  recipe.model = {{1, height, width}, classes, std::move(layers)};
  if (budget > 0)
    recipe.targets.push_back({.text = "",
                              .metric = recipe::Metric::kParams,
                              .comparison = recipe::Comparison::kAtMost,
                              .bound = budget});
  return advice(recipe);
}

Conv2d conv(int out_channels, int kernel, bool bias = false, int stride = 1) {
  return {.out_channels = out_channels,
          .kernel_size = {kernel, kernel},
          .stride = {stride, stride},
          .bias = bias};
}

TEST(Advice, OfTheLaddersFourthStep) {
  const auto recipe = recipe::load(std::string(RUNG_SOURCE_DIR "/recipes/ladder/step4.toml"));
  EXPECT_THAT(
      advice(recipe),
      ElementsAre(
          AllOf(StartsWith("A stroke is 3.0 pixels wide"),
                HasSubstr("Conv2d-4 is the first layer to see more, 5×5")),
          "AvgPool2d-25 is the first layer whose receptive field is the whole 28×28 image.",
          "Most parameters are in Conv2d-21: 1,440 of 5,422 (26.6 %).",
          StartsWith(
              "Most multiply-accumulates are in Conv2d-4: 518,400 of 782,440 (66.3 %); fewer channels"),
          "4,577 parameters of the budget of 9,999 are left: room for 3 more convolutions as large as "
          "Conv2d-21 "
          "(1,440)."));
}

TEST(Advice, NamesWhatGlobalAveragePoolingWouldSave) {
  const auto recipe = recipe::load(std::string(RUNG_SOURCE_DIR "/recipes/ladder/step1.toml"));
  EXPECT_THAT(advice(recipe),
              Contains("Most parameters are in Conv2d-11: 7,200 of 13,590 (53.0 %). It has a weight "
                       "for every pixel of its 6×6 input: with global average pooling before it, "
                       "200 would do."));
  // As a linear layer, with biases: 8 * 10 + 10.
  EXPECT_THAT(advice(12, 12, 10, {conv(8, 3), Flatten{}, Relu{}, Linear{.out_features = 10}}),
              Contains(HasSubstr("10×10 input: with global average pooling before it, 90 would do.")));
  // The second linear layer's input is not an image.
  EXPECT_THAT(advice(12, 12, 10,
                     {conv(1, 12), Flatten{}, Linear{.out_features = 9}, Linear{.out_features = 90},
                      Linear{.out_features = 10}}),
              Not(Contains(HasSubstr("would do"))));
}

TEST(Advice, SeesALossOfResolutionBeforeAStrokeIsSeen) {
  const Sentences pooled =
      advice(28, 28, 10, {MaxPool2d{{2, 2}}, conv(10, 3), conv(10, 3), AdaptiveAvgPool2d{}});
  EXPECT_THAT(pooled,
              Contains(StartsWith("MaxPool2d-0 lowers the resolution where only 2×2 pixels have been seen")));
  const Sentences strided = advice(28, 28, 10, {conv(10, 5, false, 2), conv(10, 3), AdaptiveAvgPool2d{}});
  EXPECT_THAT(strided, Not(Contains(HasSubstr("lowers the resolution"))));
}

TEST(Advice, SaysWhatPoolingAveragesAndWhatSeesNoMore) {
  EXPECT_THAT(
      advice(28, 28, 10, {conv(10, 3), conv(10, 3), AdaptiveAvgPool2d{}}),
      Contains("AdaptiveAvgPool2d-2 is the first layer whose receptive field is the whole 28×28 image; what "
               "it takes the mean of has seen 5×5."));
  Conv2d same{.out_channels = 10, .kernel_size = {3, 3}, .padding = {1, 1}};
  EXPECT_THAT(
      advice(5, 5, 10, {same, same, same, same, AdaptiveAvgPool2d{}}),
      Contains("Conv2d-1 is the first layer whose receptive field is the whole 5×5 image; the 2 convolutions "
               "after it can widen it no further."));
}

TEST(Advice, SaysWhatOfTheImageCountsForNothing) {
  EXPECT_THAT(advice(8, 8, 10, {MaxPool2d{{5, 5}}, conv(10, 1), Flatten{}}),
              Contains("The outputs depend on 5 of the image's 8 rows and on 5 of its 8 columns: the others "
                       "count for nothing."));
  // Padding after a left-over border does not bring it back.
  const Conv2d same{.out_channels = 16, .kernel_size = {3, 3}, .padding = {1, 1}};
  EXPECT_THAT(
      advice(28, 28, 10, {conv(8, 3), Relu{}, MaxPool2d{{3, 3}}, same, Relu{}, Flatten{}, Linear{10, true}}),
      Contains(StartsWith("The outputs depend on 26 of the image's 28 rows and on 26 of its 28 columns")));
  // What lies in the gaps of a stride, although fields reach from border to border.
  EXPECT_THAT(
      advice(9, 9, 10, {conv(10, 1, false, 2), AdaptiveAvgPool2d{}}),
      Contains(StartsWith("The outputs depend on 5 of the image's 9 rows and on 5 of its 9 columns")));
  // Each output sees a quarter of the image, all of them together see all of it.
  const Conv2d quarters{.out_channels = 4, .kernel_size = {1, 1}, .groups = 4};
  EXPECT_THAT(advice(8, 8, 4, {MaxPool2d{{4, 4}}, Flatten{}, quarters}),
              Contains("No layer's receptive field is the whole 8×8 image: at the end it is 4×4."));
}

TEST(Advice, CountsTheBudget) {
  EXPECT_THAT(advice(9, 9, 2, {conv(2, 9)}, "mnist", 100),
              Contains("62 parameters more than the budget of 100."));
  EXPECT_THAT(advice(9, 9, 2, {conv(2, 9)}, "mnist", 170), Not(Contains(HasSubstr("budget"))));
  EXPECT_THAT(advice(9, 9, 2, {conv(2, 9)}, "mnist", 300),
              Contains("138 parameters of the budget of 300 are left."));  // too few for another convolution
  recipe::Recipe recipe;
  const auto budget = [&](recipe::Comparison comparison, double bound) {
    recipe.targets = {
        {.text = "", .metric = recipe::Metric::kParams, .comparison = comparison, .bound = bound}};
    return parameter_budget(recipe);
  };
  EXPECT_EQ(budget(recipe::Comparison::kBelow, 100), 99);
  EXPECT_EQ(budget(recipe::Comparison::kBelow, 100.5), 100);
  EXPECT_EQ(budget(recipe::Comparison::kAtMost, 100.5), 100);
  EXPECT_EQ(budget(recipe::Comparison::kBelow, 1e300), nn::kMaxParams);
}

TEST(Advice, FindsBiasesThatDoNothing) {
  EXPECT_THAT(
      advice(9, 9, 2, {conv(4, 3, true), BatchNorm2d{}, conv(3, 3, true), BatchNorm2d{}, conv(2, 5, true)}),
      Contains("The bias of Conv2d-0 and of 1 more does nothing, as the batch norm after it takes it away: "
               "`bias = false` saves 7 parameters."));
}

// A residual connection reads the biased values beside the batch norm; one from behind the batch norm does
// not.
TEST(Advice, KeepsABiasThatASumReads) {
  const Conv2d first{.out_channels = 8, .kernel_size = {3, 3}, .padding = {1, 1}};
  Conv2d second = first;
  second.bias = false;
  const auto with_sum_of = [&](int from) {
    return advice(
        9, 9, 2,
        {first, BatchNorm2d{}, Relu{}, second, Add{from}, Relu{}, AdaptiveAvgPool2d{}, Linear{2, true}});
  };
  for (const int from : {0, -4}) EXPECT_THAT(with_sum_of(from), Not(Contains(HasSubstr("does nothing"))));
  for (const int from : {1, 2}) EXPECT_THAT(with_sum_of(from), Contains(HasSubstr("saves 8 parameters")));
}

TEST(Advice, SaysWhatOfTheScheduleDoesNotFit) {
  recipe::Recipe recipe;
  recipe.dataset.name = "mnist";
  recipe.dataset.validation = 10'000;
  recipe.model = {{1, 1, 1}, 2, {Linear{.out_features = 2}}};
  recipe.training = {.epochs = 4, .batch_size = 100, .optimizer = {}, .lr_scheduler = optim::StepLr{8}};
  recipe.training.lr_warmup = optim::LrWarmup{.total_iters = 2'000};
  const auto step = "step_lr never steps: step_size is 8, and the training has 4 epochs.";
  EXPECT_THAT(advice(recipe),
              AllOf(Contains(step), Contains("lr_warmup does not end: total_iters is 2000, and "
                                             "the training has 2000 batches.")));
  recipe.dataset.name = "./mine";  // whose images are not counted
  EXPECT_THAT(advice(recipe), AllOf(Contains(step), Not(Contains(StartsWith("lr_warmup")))));
}

TEST(Advice, IsSilentWhereThereIsNothingToSay) {
  EXPECT_THAT(advice(1, 1, 1, {Flatten{}}), IsEmpty());
  EXPECT_THAT(advice(1, 1, 1, {Relu{}}, "mnist", 10),
              ElementsAre("10 parameters of the budget of 10 are left."));
  // One pixel: nothing about strokes or images.
  EXPECT_THAT(advice(1, 1, 3, {conv(3, 1)}),
              ElementsAre("Most parameters are in Conv2d-0: 3 of 3 (100.0 %).",
                          "Most multiply-accumulates are in Conv2d-0: 3 of 3 (100.0 %)."));
  // Nothing about strokes without a convolution, nor for images that are not drawings.
  EXPECT_THAT(advice(28, 28, 10, {Flatten{}, Linear{.out_features = 10}}),
              ElementsAre("Linear-1 is the first layer whose receptive field is the whole 28×28 image.",
                          "Most parameters are in Linear-1: 7,850 of 7,850 (100.0 %).",
                          StartsWith("Most multiply-accumulates are in Linear-1")));
  for (const char* dataset : {"fashion_mnist", "./my-images"})
    EXPECT_THAT(advice(28, 28, 10, {conv(10, 5), AdaptiveAvgPool2d{}}, dataset),
                Not(Contains(HasSubstr("stroke"))));
}

TEST(Advice, SaysSoWhenLayersAreEquallyLarge) {
  EXPECT_THAT(
      advice(28, 28, 1, {conv(1, 3), conv(1, 3), AdaptiveAvgPool2d{}}),
      Contains("Most parameters are in 2 layers, Conv2d-0 and others like it: each 9 of 18 (50.0 %)."));
}

}  // namespace
}  // namespace rung::ladder

// Which layers run together.
#include "nn/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "nn/cost.h"

namespace rung::nn {
namespace {

using ::testing::ElementsAre;

// Of these layers on a 2×12×12 image, before a linear layer.
Plan plan_of(std::vector<LayerSpec> layers, GlobalPooling pooling = GlobalPooling::kFused) {
  layers.insert(layers.end(), {Flatten{}, Linear{.out_features = 4}});
  return make_plan({{2, 12, 12}, 4, layers}, pooling);
}

// Its units in short, without the linear layer's.
std::vector<std::string> units(const std::vector<LayerSpec>& layers,
                               GlobalPooling pooling = GlobalPooling::kFused) {
  std::vector<std::string> all;
  for (const Unit& unit : plan_of(layers, pooling).units) all.push_back(describe(unit));
  all.pop_back();
  return all;
}

const Conv2d kConv{.out_channels = 4, .kernel_size = {3, 3}, .padding = {1, 1}};

TEST(Plan, JoinsWhatFollowsAConvolution) {
  EXPECT_THAT(units({kConv, BatchNorm2d{}, Dropout{0.1}, Relu{}, MaxPool2d{{2, 2}}}),
              ElementsAre("2→4 3×3, norm, dropout, relu, pool"));
  EXPECT_THAT(units({kConv, BatchNorm2d{}, Dropout{0.1}, Silu{}, kConv, Gelu{}}),
              ElementsAre("2→4 3×3, norm, dropout, silu", "4→4 3×3, gelu"));
  EXPECT_THAT(units({kConv, BatchNorm2d{}, Relu{}, kConv, BatchNorm2d{}, Add{2}, Relu{}, MaxPool2d{{2, 2}}}),
              ElementsAre("2→4 3×3, norm, relu", "4→4 3×3, norm, add, relu, pool"));
}

TEST(Plan, RectifiesTheConvolutionsOutputBeforeBatchNorm) {
  EXPECT_THAT(units({kConv, Relu{}, BatchNorm2d{}, Dropout{0.1}, MaxPool2d{{2, 2}}}),
              ElementsAre("2→4 3×3, relu, norm, dropout, pool"));
  EXPECT_TRUE(plan_of({kConv, Relu{}, BatchNorm2d{}}).units[0].activation.rectified);
  EXPECT_FALSE(plan_of({kConv, Relu{}, kConv}).units[0].activation.rectified);
  EXPECT_FALSE(plan_of({kConv, BatchNorm2d{}, Relu{}}).units[0].activation.rectified);
}

// What a pass over memory cannot do: a pooling after a function, dropout after a function or a sum, ...
TEST(Plan, OpensAUnitWhereALayerDoesNotFit) {
  EXPECT_THAT(
      units({kConv, Silu{}, MaxPool2d{{2, 2}}, Silu{}, Relu{}, Silu{}, BatchNorm2d{}, Gelu{}, Silu{}}),
      ElementsAre("2→4 3×3, silu", "pool", "silu", "relu", "silu", "norm, gelu", "silu"));
  EXPECT_THAT(units({kConv, Dropout{0.1}, Relu{}, BatchNorm2d{}}),
              ElementsAre("2→4 3×3, dropout, relu", "norm"));
  EXPECT_THAT(units({kConv, kConv, Relu{}, Add{0}, Dropout{0.1}, BatchNorm2d{}, Add{4}, Silu{}, Add{7}}),
              ElementsAre("2→4 3×3", "4→4 3×3, relu", "add", "dropout", "norm, add", "silu", "add"));
  EXPECT_THAT(units({kConv, MaxPool2d{{2, 2}}, Relu{}, BatchNorm2d{}, Relu{}}),
              ElementsAre("2→4 3×3, pool", "relu", "norm, relu"));
}

// A layer whose output is added later ends its unit.
TEST(Plan, KeepsWhatIsAddedLater) {
  EXPECT_THAT(units({kConv, kConv, Relu{}, kConv, Add{1}}),
              ElementsAre("2→4 3×3", "4→4 3×3", "relu", "4→4 3×3, add"));
}

TEST(Plan, KeepsAGlobalPoolingApart) {
  const std::vector<LayerSpec> layers = {kConv, Relu{}, AdaptiveAvgPool2d{{1, 1}}};
  EXPECT_THAT(units(layers), ElementsAre("2→4 3×3, relu, pool"));
  EXPECT_THAT(units(layers, GlobalPooling::kApart), ElementsAre("2→4 3×3, relu", "pool"));
}

}  // namespace
}  // namespace rung::nn

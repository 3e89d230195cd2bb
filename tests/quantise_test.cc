// Integer models against the models that they stand for.
#include "quantise/quantise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <string>

#include "every_layer.h"
#include "integer_testing.h"
#include "quantise/weight_rounding.h"
#include "random_model.h"

namespace rung::quantise {
namespace {

using kernels::kLanes;
using nn::Conv2d;
using nn::LayerSpec;
using nn::ModelSpec;
using rung::testing::FloatAndIntegers;

TEST(Requantise, RoundsToNearestHalvesUp) {
  constexpr int32_t kHalf = 1 << 30;  // of 2^31
  EXPECT_EQ(requantise(2, kHalf, 31, 0), 1);
  EXPECT_EQ(requantise(3, kHalf, 31, 0), 2);
  EXPECT_EQ(requantise(-3, kHalf, 31, 10), 9);  // -1.5 becomes -1
  EXPECT_EQ(requantise(-4, kHalf, 31, 10), 8);
  EXPECT_EQ(requantise(4, -kHalf, 31, 10), 8);
}

TEST(Requantise, Saturates) {
  EXPECT_EQ(requantise(INT32_MAX, INT32_MAX, 31, 0), 255);
  EXPECT_EQ(requantise(INT32_MIN, INT32_MAX, 31, 255), 0);
  EXPECT_EQ(requantise(INT32_MIN, INT32_MIN, kMostShift, 255), 255);
  EXPECT_EQ(requantise(511, 1 << 30, 31, 0), 255);  // 255.5
  EXPECT_EQ(requantise(-1, 1 << 30, 31, 0), 0);     // -0.5
}

// The root mean square of the integer logits' error, as a share of the logits' own deviation from their mean.
double error_of(const FloatAndIntegers& models) {
  const nn::Shape& input = models.integers.nodes[0].output;
  const std::vector<uint8_t> images = rung::testing::random_images(input, kLanes, 7);
  nn::graph::Runner runner(models.graph);
  rung::testing::load_block(input, images, runner.input().data());
  runner.run();
  const auto exact = runner.output(models.graph.nodes.size() - 1);
  IntegerRunner integers(models.integers);
  const Quantisation& unit = models.integers.nodes.back().quantisation;
  double mean = 0;
  for (const float value : exact) mean += value / static_cast<double>(exact.size());
  double error = 0;
  double deviation = 0;
  const auto size = static_cast<size_t>(input.elements());
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const auto logits = integers.run(std::span(images).subspan(lane * size, size));
    for (size_t k = 0; k < logits.size(); ++k) {
      const double value = exact[k * kLanes + lane];
      const double found = unit.scale * (logits[k] - unit.zero);
      error += (found - value) * (found - value);
      deviation += (value - mean) * (value - mean);
    }
  }
  return std::sqrt(error / deviation);
}

std::string refusal_of(const ModelSpec& model) {
  try {
    rung::testing::random_integer_model(model);
  } catch (const Unquantisable& refusal) {
    return refusal.what();
  }
  return "";
}

TEST(QuantiseTest, HasEveryLayerOrSaysWhichItLacks) {
  std::set<std::string> refused;
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    const ModelSpec model = rung::testing::model_with(layer);
    SCOPED_TRACE(recipe_name(layer));
    if (const std::string why = refusal_of(model); !why.empty()) {
      EXPECT_THAT(why, ::testing::HasSubstr(recipe_name(layer)));
      refused.emplace(recipe_name(layer));
      continue;
    }
    EXPECT_LT(error_of(rung::testing::random_integer_model(model)), 0.05);
  }
  EXPECT_THAT(refused, ::testing::ElementsAre("avg_pool2d", "group_norm"));
}

ModelSpec with_head(std::vector<LayerSpec> layers) {
  layers.emplace_back(nn::Flatten{});
  layers.emplace_back(nn::Linear{3});
  return {{1, 8, 6}, 3, std::move(layers)};
}

TEST(QuantiseTest, TakesPoolingsWhoseWindowsAreAlike) {
  const Conv2d conv{.out_channels = 4, .kernel_size = {3, 3}, .padding = {1, 1}};
  for (const LayerSpec& pool : std::initializer_list<LayerSpec>{
           nn::AvgPool2d{{2, 2}}, nn::AvgPool2d{{3, 3}, {1, 2}, {1, 1}}, nn::AdaptiveAvgPool2d{{2, 3}},
           nn::AdaptiveAvgPool2d{{4, 5}}, nn::AdaptiveAvgPool2d{},
           nn::MaxPool2d{{3, 3}, {2, 2}, {1, 1}, true}, nn::MaxPool2d{{2, 3}}}) {
    SCOPED_TRACE(recipe_name(pool));
    EXPECT_LT(error_of(rung::testing::random_integer_model(with_head({conv, pool}))), 0.05);
    EXPECT_LT(error_of(rung::testing::random_integer_model(with_head({pool, conv, nn::Relu{}}))), 0.05);
  }
}

// What surrounds the image is another byte in each channel.
TEST(QuantiseTest, NormalisesEachChannel) {
  const auto in_colour = [](std::vector<LayerSpec> layers) {
    ModelSpec model = with_head(std::move(layers));
    model.input.channels = 3;
    return model;
  };
  const Conv2d padded{.out_channels = 6, .kernel_size = {3, 3}, .padding = {2, 1}};
  const Conv2d separate{.out_channels = 6, .kernel_size = {3, 3}, .padding = {1, 1}, .groups = 3};
  for (const LayerSpec& first : std::initializer_list<LayerSpec>{padded, separate, nn::BatchNorm2d{}}) {
    SCOPED_TRACE(recipe_name(first));
    EXPECT_LT(error_of(rung::testing::random_integer_model(in_colour({first, nn::Relu{}}))), 0.05);
  }
  EXPECT_LT(error_of(rung::testing::random_integer_model(in_colour({}))), 0.05);
  const auto model = rung::testing::random_integer_model(in_colour({padded})).integers;
  EXPECT_THAT(std::get<Convolution>(model.nodes[1].operation).padding, ::testing::ElementsAre(77, 128, 179));
  for (const LayerSpec& first : std::initializer_list<LayerSpec>{nn::MaxPool2d{{2, 2}}, nn::Relu{}})
    EXPECT_THAT(refusal_of(in_colour({first})),
                ::testing::HasSubstr("the channels of the images are normalised differently"));
}

// Of a plane of 4 × 8 × 6; the linear layer's outputs are in another order.
TEST(QuantiseTest, RefusesTheSumOfAPlaneAndAVector) {
  const Conv2d conv{.out_channels = 1, .kernel_size = {1, 1}};
  const std::vector<LayerSpec> layers{conv, nn::Flatten{}, nn::Linear{48}, nn::Add{1}};
  EXPECT_THAT(refusal_of(with_head(layers)), ::testing::HasSubstr("layer 3 (add) adds a flattened plane"));
  EXPECT_EQ(refusal_of(with_head({conv, nn::Flatten{}, nn::Relu{}, nn::Add{1}})), "");
}

TEST(QuantiseTest, FollowsRandomModels) {
  int followed = 0;
  for (uint32_t stack = 0; stack < 100; ++stack) {
    rung::testing::Random random(stack);
    const ModelSpec model = rung::testing::random_model(random, 16);
    if (!refusal_of(model).empty()) continue;
    EXPECT_LT(error_of(rung::testing::random_integer_model(model)), 0.2) << rung::testing::text(model);
    ++followed;
  }
  EXPECT_GE(followed, 50);
}

// The more bits, the closer.
TEST(QuantiseTest, HasWeightsOfFewerBits) {
  const ModelSpec model = with_head({Conv2d{.out_channels = 6, .kernel_size = {3, 3}}, nn::Relu{}});
  const double eight = error_of(rung::testing::random_integer_model(model, 8));
  const double four = error_of(rung::testing::random_integer_model(model, 4));
  EXPECT_LT(eight, 0.02);
  EXPECT_LT(four, 0.2);
  EXPECT_LT(eight, four);
  const auto two = rung::testing::random_integer_model(model, 2).integers;
  const auto& weights = std::get<Convolution>(two.nodes[1].operation).weight;
  EXPECT_EQ(std::set<int>(weights.begin(), weights.end()), (std::set{-1, 0, 1}));
}

std::vector<double> on_grid(const std::vector<float>& weights, int bits) {
  const double step = grid_step(weights, bits);
  std::vector<double> result;
  for (const float weight : weights)
    result.push_back(step == 0 ? 0 : rounded_weight(weight, step, bits) * step);
  return result;
}

TEST(WeightGrid, IsThatOfTheLargestOrOfTheLeastSquares) {
  EXPECT_DOUBLE_EQ(grid_step(std::vector{-0.25F, 1.27F, 0.5F}, 8), double{1.27F} / 127);
  EXPECT_EQ(grid_step(std::vector<float>(5), 4), 0);
  // Of one large and nine small ones it is the small ones' too.
  std::vector<float> weights(9, 1);
  weights.push_back(1.8F);
  EXPECT_NEAR(grid_step(weights, 2), 1.08, 1e-6);
  EXPECT_EQ(rounded_weight(-1.8, 1.08, 2), -1);
  EXPECT_EQ(rounded_weight(0.5, 1.08, 2), 0);
}

TEST(WeightGrid, OfRoundedWeightsIsTheirOwn) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (const int bits : {8, 4, 2}) {
    std::vector<float> weights(90);
    for (float& weight : weights) weight = normal(random);
    const std::vector<double> once = on_grid(weights, bits);
    const std::vector<double> twice = on_grid({once.begin(), once.end()}, bits);
    for (size_t i = 0; i < once.size(); ++i) EXPECT_NEAR(once[i], twice[i], 1e-6) << bits << " bits";
  }
}

// What training has rounded becomes the same integers in quantise(), whatever a batch norm multiplies it by.
TEST(WeightGrid, IsKeptByQuantise) {
  const ModelSpec model{{3, 1, 1},
                        4,
                        {Conv2d{.out_channels = 6, .kernel_size = {1, 1}}, nn::BatchNorm2d{}, nn::Relu{},
                         Conv2d{.out_channels = 4, .kernel_size = {1, 1}}, nn::Flatten{}}};
  const nn::Plan plan = nn::make_plan(model);
  for (const int bits : {8, 4, 2}) {
    nn::Weights weights = rung::testing::random_weights(plan);
    WeightRounding(plan, bits).round(std::vector(weights.parameters), weights.parameters);
    const auto folded = nn::graph::fold_batch_norms(nn::graph::make_graph(model, weights));
    const IntegerModel integers =
        quantise(folded, model, std::vector<Range>(folded.nodes.size(), Range{-1, 1}), {0, 1, bits});
    const auto integers_of = [&](const Convolution& convolution, size_t first, size_t grids) {
      const auto parameters =
          std::span<const float>(weights.parameters).subspan(first, convolution.weight.size());
      const size_t count = parameters.size() / grids;
      for (size_t i = 0; i < parameters.size(); ++i) {
        const double step = grid_step(parameters.subspan(i / count * count, count), bits);
        EXPECT_EQ(std::abs(int{convolution.weight[i]}), std::abs(rounded_weight(parameters[i], step, bits)));
      }
    };
    ASSERT_EQ(integers.nodes.size(), 3U);
    integers_of(std::get<Convolution>(integers.nodes[1].operation), plan.units[0].weight, 6);
    integers_of(std::get<Convolution>(integers.nodes[2].operation), plan.units[1].weight, 1);
  }
}

// Channels whose weights are all 0, or are small against the bias.
TEST(QuantiseTest, KeepsBiasesOfAnySize) {
  const ModelSpec model{{1, 1, 1}, 3, {Conv2d{.out_channels = 3, .kernel_size = {1, 1}}, nn::Relu{}}};
  nn::graph::Graph graph = nn::graph::make_graph(model, nn::initial_weights(nn::make_plan(model), 1));
  auto& convolution = std::get<nn::graph::Convolution>(graph.nodes[1].operation);
  convolution.weight = {0, 1e-9F, 0.5F};
  convolution.bias = {0.8F, 0.2F, 0.1F};
  const std::vector<Range> ranges{{0, 1}, {0, 1}, {0, 1}};
  const IntegerModel integers = quantise(graph, model, ranges, {.mean = 0, .std = 1});
  IntegerRunner runner(integers);
  const auto logits = runner.run(std::vector<uint8_t>{255});
  EXPECT_THAT(std::vector<int>(logits.begin(), logits.end()), ::testing::ElementsAre(204, 51, 153));
}

TEST(QuantiseTest, SumsNeverOverflow) {
  Convolution convolution;
  convolution.weight.assign(3, 127);
  convolution.bias = {INT32_MAX - 3 * 127 * 255};
  EXPECT_TRUE(reachable_sums(convolution).fits_int32());
  ++convolution.bias[0];
  EXPECT_FALSE(reachable_sums(convolution).fits_int32());
  convolution.weight = {-127, 127, -127};
  convolution.bias = {INT32_MIN + 2 * 127 * 255};
  EXPECT_TRUE(reachable_sums(convolution).fits_int32());
  --convolution.bias[0];
  EXPECT_FALSE(reachable_sums(convolution).fits_int32());
}

TEST(ActivationsTest, ClipTheShareThatTheyAreTold) {
  // One node: 1,000 values from 0 to 999.
  const ModelSpec model{{1, 10, 10}, 2, {}};
  nn::graph::Graph graph;
  graph.nodes.push_back({nn::graph::Input{}, {}, model.input});
  const Activations activations(graph, 10, [](int, int, int, float* x) {
    for (size_t pixel = 0; pixel < 100; ++pixel) {
      for (size_t lane = 0; lane < kLanes; ++lane)
        x[pixel * kLanes + lane] = static_cast<float>(pixel * 10 + lane);
    }
  });
  const Range all = activations.ranges(0)[0];
  EXPECT_EQ(all.least, 0);
  EXPECT_EQ(all.most, 999);
  const Range middle = activations.ranges(0.1)[0];
  EXPECT_NEAR(middle.least, 100, 1);
  EXPECT_NEAR(middle.most, 899, 1);
}

}  // namespace
}  // namespace rung::quantise

// Shapes, parameters, multiply-accumulates and receptive fields of the ladder's models, and every shape
// error.
#include "nn/infer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "every_layer.h"

namespace rung::nn {
namespace {

constexpr int kHuge = std::numeric_limits<int>::max();
constexpr Shape kMnist{1, 28, 28};

Conv2d conv(int out_channels, int kernel, int stride = 1, int padding = 0, int groups = 1,
            bool bias = false) {
  return {out_channels, {kernel, kernel}, {stride, stride}, {padding, padding}, {1, 1}, groups, bias};
}

MaxPool2d max_pool(int kernel) {
  return {{kernel, kernel}};
}

ModelSpec step1() {
  return {kMnist,
          10,
          {conv(10, 3), Relu{}, conv(10, 3), Relu{}, max_pool(2), conv(20, 3), Relu{}, conv(10, 3), Relu{},
           conv(20, 3), Relu{}, conv(10, 6)}};
}

TEST(Infer, Step1) {
  const ModelInfo info = infer(step1());
  EXPECT_EQ(info.params, 13'590);
  EXPECT_EQ(info.macs, 60'840 + 518'400 + 180'000 + 115'200 + 64'800 + 7'200);
  ASSERT_EQ(info.layers.size(), 12U);
  EXPECT_EQ(info.layers[2].input, (Shape{10, 26, 26}));
  EXPECT_EQ(info.layers[2].output, (Shape{10, 24, 24}));
  EXPECT_EQ(info.layers[2].params, 900);
  EXPECT_EQ(info.layers[2].macs, 518'400);
  EXPECT_EQ(info.layers[2].activation_bytes, 10 * 24 * 24 * 4);
  EXPECT_EQ(info.layers[11].output, (Shape{10, 1, 1}));
  int64_t bytes = 0;
  for (const LayerInfo& layer : info.layers) bytes += layer.activation_bytes;
  EXPECT_EQ(info.activation_bytes, bytes);
}

TEST(Infer, ReceptiveFieldsOfStep1) {
  const ModelInfo info = infer(step1());
  std::vector<int> fields;
  for (const size_t layer : {0, 2, 4, 5, 7, 9, 11}) {
    EXPECT_EQ(info.layers[layer].receptive_field.h, info.layers[layer].receptive_field.w);
    fields.push_back(info.layers[layer].receptive_field.h);
  }
  EXPECT_EQ(fields, (std::vector<int>{3, 5, 6, 10, 14, 18, 28}));
  EXPECT_EQ(info.layers[2].jump, (Size2{1, 1}));
  EXPECT_EQ(info.layers[4].jump, (Size2{2, 2}));
}

TEST(Infer, ReceptiveFieldIsClippedToTheImage) {
  const ModelInfo info = infer({{1, 5, 9}, 1, {conv(1, 3, 2, 1), conv(1, 3, 2, 1), AdaptiveAvgPool2d{}}});
  EXPECT_EQ(info.layers[0].receptive_field, (Size2{3, 3}));
  EXPECT_EQ(info.layers[1].receptive_field, (Size2{4, 7}));  // of 5 rows, each unit misses one
  EXPECT_EQ(info.layers[1].jump, (Size2{4, 4}));
  EXPECT_EQ(info.layers[2].receptive_field, (Size2{5, 9}));
}

TEST(Infer, LinearSeesTheWholeImage) {
  const ModelInfo info = infer({{3, 4, 4}, 7, {Relu{}, Flatten{}, Linear{7, true}}});
  EXPECT_EQ(info.layers[0].receptive_field, (Size2{1, 1}));
  EXPECT_EQ(info.layers[1].output, (Shape{48, 1, 1}));
  EXPECT_EQ(info.layers[2].receptive_field, (Size2{4, 4}));
  EXPECT_EQ(info.layers[2].params, 48 * 7 + 7);
  EXPECT_EQ(info.layers[2].macs, 48 * 7);
}

TEST(Infer, Convolution) {
  const Conv2d grouped{6, {3, 2}, {2, 1}, {1, 0}, {1, 1}, 2, true};
  const ModelInfo info = infer({{4, 7, 5}, 6, {grouped, AdaptiveAvgPool2d{}}});
  EXPECT_EQ(info.layers[0].output, (Shape{6, 4, 4}));
  EXPECT_EQ(info.layers[0].params, 6 * 2 * 3 * 2 + 6);
  EXPECT_EQ(info.layers[0].macs, 6 * 2 * 3 * 2 * 4 * 4);
}

// As torch.nn.Conv2d documents it: (input + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1.
TEST(Infer, DilatedConvolution) {
  const Conv2d dilated{6, {3, 2}, {2, 1}, {1, 0}, {2, 3}, 2, false};
  const ModelInfo info = infer({{4, 8, 5}, 6, {dilated, AdaptiveAvgPool2d{}}});
  EXPECT_EQ(info.layers[0].output, (Shape{6, 3, 2}));
  EXPECT_EQ(info.layers[0].params, 6 * 2 * 3 * 2);
  EXPECT_EQ(info.layers[0].macs, 6 * 2 * 3 * 2 * 3 * 2);
  EXPECT_EQ(info.layers[0].receptive_field, (Size2{5, 4}));
  EXPECT_EQ(info.layers[0].jump, (Size2{2, 1}));
  const Conv2d exact{1, {3, 3}, {1, 1}, {0, 0}, {2, 3}, 1, false};  // reaches from edge to edge
  EXPECT_EQ(infer({{1, 5, 7}, 1, {exact}}).layers[0].output, (Shape{1, 1, 1}));
}

TEST(Infer, PoolingFloorsAndBatchNormCounts) {
  const ModelInfo info = infer({{2, 7, 5}, 2, {BatchNorm2d{}, max_pool(2), AvgPool2d{{3, 2}}}});
  EXPECT_EQ(info.layers[0].params, 4);
  EXPECT_EQ(info.layers[1].output, (Shape{2, 3, 2}));
  EXPECT_EQ(info.layers[2].output, (Shape{2, 1, 1}));
  EXPECT_EQ(info.macs, 0);
}

TEST(Infer, PoolingSlidesAndAdapts) {
  const ModelInfo info = infer({{2, 13, 10},
                                2,
                                {MaxPool2d{{3, 2}, {2, 1}, {1, 0}}, AvgPool2d{{3, 3}, {1, 1}, {1, 1}},
                                 AdaptiveAvgPool2d{{3, 4}}, AdaptiveAvgPool2d{}}});
  EXPECT_EQ(info.layers[0].output, (Shape{2, 7, 9}));
  EXPECT_EQ(info.layers[0].jump, (Size2{2, 1}));
  EXPECT_EQ(info.layers[1].output, (Shape{2, 7, 9}));
  EXPECT_EQ(info.layers[1].receptive_field, (Size2{7, 4}));
  EXPECT_EQ(info.layers[2].output, (Shape{2, 3, 4}));
  EXPECT_EQ(info.layers[2].jump, (Size2{6, 3}));
  EXPECT_EQ(info.layers[3].receptive_field, (Size2{13, 10}));
  EXPECT_EQ(info.params + info.macs, 0);
}

// A sum sees what either of its terms sees; a PReLU learns one slope, or one per channel.
TEST(Infer, ResidualConnectionAndPRelu) {
  const ModelSpec model{
      kMnist, 4, {conv(4, 3), conv(4, 5, 1, 2), Add{-2}, PRelu{}, PRelu{4}, Add{0}, AdaptiveAvgPool2d{}}};
  const ModelInfo info = infer(model);
  EXPECT_EQ(info.layers[2].output, (Shape{4, 26, 26}));
  EXPECT_EQ(info.layers[2].receptive_field, (Size2{7, 7}));
  EXPECT_EQ(info.layers[5].receptive_field, (Size2{7, 7}));
  EXPECT_EQ(info.layers[2].params, 0);
  EXPECT_EQ(info.layers[3].params, 1);
  EXPECT_EQ(info.layers[4].params, 4);
  const ModelSpec wide{{1, 9, 9}, 1, {Relu{}, conv(1, 1), AdaptiveAvgPool2d{}, conv(1, 1), Add{2}}};
  EXPECT_EQ(infer(wide).layers[4].receptive_field, (Size2{9, 9}));
}

// At the limits nothing overflows; the sanitizers watch.
TEST(Infer, LargestSizes) {
  const ModelInfo info = infer({{1, 4096, 4096}, 1, {conv(1, 4096, 4096, 4096), AdaptiveAvgPool2d{}}});
  EXPECT_EQ(info.layers[0].output, (Shape{1, 3, 3}));
  EXPECT_EQ(info.macs, int64_t{9} << 24);
  const Conv2d sparse{1, {3, 4096}, {1, 1}, {4096, 4096}, {4096, 3}, 1, false};
  EXPECT_EQ(infer({{1, 4096, 4096}, 1, {sparse, AdaptiveAvgPool2d{}}}).layers[0].receptive_field,
            (Size2{1, 4096}));
  std::vector<LayerSpec> strides(40, conv(1, 1, 4096, 4095));
  strides.push_back(AdaptiveAvgPool2d{});
  EXPECT_EQ(infer({{1, 4096, 4096}, 1, strides}).layers[39].jump, (Size2{4096, 4096}));
}

struct Bad {
  ModelSpec model;
  size_t layer;
  std::string message;
  std::string hint = "";
};

class InferErrors : public ::testing::TestWithParam<Bad> {};

TEST_P(InferErrors, NameTheLayerAndTheShapes) {
  try {
    infer(GetParam().model);
    FAIL() << "accepted; expected: " << GetParam().message;
  } catch (const ShapeError& error) {
    EXPECT_EQ(error.what(), GetParam().message);
    EXPECT_EQ(error.layer, GetParam().layer);
    EXPECT_EQ(error.hint(), GetParam().hint);
  }
}

Bad bad_layer(const Shape& input, const LayerSpec& layer, const std::string& message,
              const std::string& hint = "") {
  const std::string name(recipe_name(layer));
  return {{input, 10, {Relu{}, layer}}, 1, "layer 1 (" + name + "): " + message, hint};
}

Conv2d oblong(Size2 kernel, Size2 padding, Size2 dilation = {1, 1}) {
  return {10, kernel, {1, 1}, padding, dilation, 1, true};
}

constexpr auto kFromHint = "count the layers from 0, or with numbers below 0 back from this one";

const std::vector<Bad> kBad = {
    bad_layer({10, 4, 4}, conv(10, 6), "the 6×6 kernel is larger than its 4×4 input"),
    bad_layer({10, 4, 9}, oblong({3, 14}, {0, 2}),
              "the 3×14 kernel is larger than its 4×9 input padded to 4×13"),
    bad_layer({10, 4, 5}, oblong({3, 3}, {0, 0}, {2, 2}),
              "the 3×3 kernel, 5×5 with its dilation, is larger than its 4×5 input"),
    bad_layer({10, 5, 4}, oblong({3, 2}, {0, 1}, {2, 6}),
              "the 3×2 kernel, 5×7 with its dilation, is larger than its 5×4 input padded to 5×6"),
    bad_layer(
        {10, 9, 9}, oblong({4096, 4096}, {4096, 4096}, {4096, 4096}),
        "the 4096×4096 kernel, 16773121×16773121 with its dilation, is larger than its 9×9 input padded "
        "to 8201×8201"),
    bad_layer({10, 4, 1}, max_pool(2), "the 2×2 kernel is larger than its 4×1 input"),
    bad_layer({10, 1, 4}, AvgPool2d{{2, 2}}, "the 2×2 kernel is larger than its 1×4 input"),
    bad_layer({4, 3, 3}, conv(10, 3, 1, 0, 4), "4 groups do not divide 4 input and 10 output channels"),
    bad_layer({3, 3, 3}, conv(10, 3, 1, 0, 2), "2 groups do not divide 3 input and 10 output channels"),
    bad_layer(kMnist, conv(0, 3), "out_channels must be between 1 and 65536, not 0"),
    bad_layer(kMnist, conv(-1, 3), "out_channels must be between 1 and 65536, not -1"),
    bad_layer(kMnist, conv(kHuge, 3), "out_channels must be between 1 and 65536, not 2147483647"),
    bad_layer(kMnist, conv(1, 3, 1, 0, 0), "groups must be between 1 and 65536, not 0"),
    bad_layer(kMnist, conv(1, 0), "kernel_size must be between 1 and 4096, not 0"),
    bad_layer(kMnist, oblong({1, -3}, {0, 0}), "kernel_size must be between 1 and 4096, not -3"),
    bad_layer(kMnist, conv(1, 1, 0), "stride must be between 1 and 4096, not 0"),
    bad_layer(kMnist, conv(1, 1, 1, -1), "padding must be between 0 and 4096, not -1"),
    bad_layer(kMnist, conv(1, 1, 1, kHuge), "padding must be between 0 and 4096, not 2147483647"),
    bad_layer(kMnist, oblong({3, 3}, {0, 0}, {2, 0}), "dilation must be between 1 and 4096, not 0"),
    bad_layer(kMnist, oblong({3, 3}, {0, 0}, {kHuge, 1}),
              "dilation must be between 1 and 4096, not 2147483647"),
    bad_layer(kMnist, max_pool(0), "kernel_size must be between 1 and 4096, not 0"),
    bad_layer(kMnist, MaxPool2d{{3, 3}, {2, 2}, {1, 2}},
              "padding must be at most half of its 3×3 kernel, not 1×2"),
    bad_layer(kMnist, AvgPool2d{{2, 2}, {0, 1}}, "stride must be between 1 and 4096, not 0"),
    bad_layer(kMnist, AvgPool2d{{4, 4}, {1, 1}, {-1, 0}}, "padding must be between 0 and 4096, not -1"),
    bad_layer({10, 1, 1}, MaxPool2d{{4, 4}, {1, 1}, {1, 1}},
              "the 4×4 kernel is larger than its 1×1 input padded to 3×3"),
    bad_layer(kMnist, AdaptiveAvgPool2d{{3, 0}}, "output_size must be between 1 and 4096, not 0"),
    bad_layer(kMnist, Linear{10, true}, "its input [1, 28, 28] is not a list of features",
              "put a `flatten` layer before it"),
    bad_layer({1, 1, 1}, Linear{0, true}, "out_features must be between 1 and 65536, not 0"),
    bad_layer({100, 28, 28}, Flatten{},
              "[100, 28, 28] has 78400 elements, more than the 65536 features a layer may have"),
    bad_layer(kMnist, Dropout{1}, "p must be between 0 and 0.99, not 1"),
    bad_layer(kMnist, Dropout{-0.1}, "p must be between 0 and 0.99, not -0.1"),
    bad_layer(kMnist, Dropout{std::nan("")}, "p must be between 0 and 0.99, not nan"),
    bad_layer(kMnist, LeakyRelu{std::nan("")}, "negative_slope must be between -1000 and 1000, not nan"),
    bad_layer(kMnist, PRelu{1, std::nan("")}, "init must be between -1000 and 1000, not nan"),
    bad_layer({3, 4, 4}, PRelu{2}, "num_parameters must be 1 or its 3 channels, not 2"),
    bad_layer({3, 4, 4}, PRelu{0}, "num_parameters must be between 1 and 65536, not 0"),
    bad_layer(kMnist, Add{1}, "from = 1 is not a layer before it", kFromHint),
    bad_layer(kMnist, Add{kHuge}, "from must be between -10000 and 10000, not 2147483647"),
    bad_layer(kMnist, Add{-2}, "from = -2 is not a layer before it", kFromHint),
    bad_layer(kMnist, Add{-kHuge - 1}, "from must be between -10000 and 10000, not -2147483648"),
    {{kMnist, 10, {conv(3, 3), conv(4, 1), Add{0}}},
     2,
     "layer 2 (add): layer 0's output [3, 26, 26] cannot be added to its input [4, 26, 26]"},
    bad_layer(kMnist, BatchNorm2d{0, 0.1}, "eps must be a number above 0 and at most 1, not 0"),
    bad_layer(kMnist, BatchNorm2d{1e-5, 1.5}, "momentum must be between 0 and 1, not 1.5"),
    bad_layer(kMnist, conv(1, 1, 1, 4096), "its output [1, 8220, 8220] is larger than 4096 on a side"),
    bad_layer({1, 4096, 4096}, conv(5, 1), "its output [5, 4096, 4096] has more than 67108864 elements"),
    bad_layer({65536, 1, 1}, Linear{65536, true},
              "its 4295032832 parameters are more than the 268435456 that a model may have"),
    {{{8192, 1, 1}, 10, {Linear{32767, false}, Linear{8192, false}}},
     1,
     "layer 1 (linear): the model's 536854528 parameters so far are more than 268435456"},
    {{kMnist, 10, {}}, 0, "the model has no layers"},
    {{kMnist, 10, {conv(10, 3)}}, 1, "the model ends in [10, 26, 26], but 10 classes need [10, 1, 1]"},
    {{kMnist, 10, {conv(9, 28)}}, 1, "the model ends in [9, 1, 1], but 10 classes need [10, 1, 1]"},
    {{kMnist, 0, {conv(9, 28)}}, 1, "classes must be between 1 and 256, not 0"},
    {{{1, 0, 28}, 10, {Relu{}}},
     1,
     "the model's input [1, 0, 28] is not a shape of at most 65536 channels, 4096×4096 pixels and 67108864 "
     "elements"},
    {{{kHuge, kHuge, kHuge}, 10, {Relu{}}},
     1,
     "the model's input [2147483647, 2147483647, 2147483647] is not a shape of at most 65536 channels, "
     "4096×4096 "
     "pixels and 67108864 elements"},
};

INSTANTIATE_TEST_SUITE_P(All, InferErrors, ::testing::ValuesIn(kBad));

// A recipe's name is PyTorch's in snake case.
TEST(Spec, Names) {
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    std::string recipe(recipe_name(layer));
    std::string torch(torch_name(layer));
    std::erase(recipe, '_');
    std::ranges::transform(torch, torch.begin(), [](unsigned char byte) { return std::tolower(byte); });
    EXPECT_EQ(recipe, torch);
  }
  EXPECT_EQ(recipe_name(AdaptiveAvgPool2d{}), "adaptive_avg_pool2d");
  EXPECT_EQ(torch_name(PRelu{}), "PReLU");
}

// A batch of one image leaves a channel of a 1×1 image a single value, one of a larger image more.
TEST(NormWithoutVariance, IsTheFirstOfAnImageOfOnePixelInABatchOfOneImage) {
  const ModelSpec model{kMnist, 10, {BatchNorm2d{}, conv(4, 28), BatchNorm2d{}, conv(10, 1), BatchNorm2d{}}};
  EXPECT_EQ(norm_without_variance(model, 149, 37), 2U);
  EXPECT_EQ(norm_without_variance(model, 150, 37), std::nullopt) << "two images are left";
  EXPECT_EQ(norm_without_variance(model, 148, 37), std::nullopt);
  EXPECT_EQ(norm_without_variance(model, 150, 1), 2U);
  EXPECT_EQ(norm_without_variance({kMnist, 10, {BatchNorm2d{}, conv(10, 28)}}, 150, 1), std::nullopt);
}

}  // namespace
}  // namespace rung::nn

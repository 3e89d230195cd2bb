// One image at a time against the engine of 16 images: the same bits.
#include "nn/image_inference.h"

#include <gtest/gtest.h>

#include <bit>
#include <filesystem>

#include "every_layer.h"
#include "kernel_testing.h"
#include "random_model.h"
#include "random_weights.h"
#include "recipe/recipe.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

class ImageInferenceTest : public rung::testing::EveryTarget {
 protected:
  // Every lane of the engine's block, as an image.
  static void expect_same_bits(const ModelSpec& model) {
    SCOPED_TRACE(rung::testing::text(model));
    const Plan plan = make_plan(model);
    const Weights weights = rung::testing::random_weights(plan);
    const std::vector<float> images = rung::testing::random_images(plan.input);
    const std::vector<float> expected = rung::testing::engine_logits(model, weights, images);
    ImageInference inference(plan, weights);
    std::vector<float> image(images.size() / kLanes);
    for (size_t lane = 0; lane < kLanes; ++lane) {
      for (size_t i = 0; i < image.size(); ++i) image[i] = images[i * kLanes + lane];
      const std::span<const float> logits = inference.run(image);
      ASSERT_EQ(logits.size() * kLanes, expected.size());
      for (size_t k = 0; k < logits.size(); ++k) {
        ASSERT_EQ(std::bit_cast<uint32_t>(logits[k]), std::bit_cast<uint32_t>(expected[k * kLanes + lane]))
            << "image " << lane << ", class " << k << ": " << logits[k] << " instead of "
            << expected[k * kLanes + lane];
      }
    }
  }
};

// A convolution of planes of this size, and what shows all of its outputs.
ModelSpec model_of(const Shape& input, const Conv2d& conv) {
  return {input, 3, {conv, Flatten{}, Linear{3, true}}};
}

TEST_P(ImageInferenceTest, EveryLayer) {
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    expect_same_bits(rung::testing::model_with(layer));
    expect_same_bits(rung::testing::model_with(layer, {2, 13, 21}));
  }
}

TEST_P(ImageInferenceTest, EveryWidthAndNumberOfChannels) {
  for (int side = 3; side <= 36; ++side)
    expect_same_bits(model_of({2, 6, side}, {.out_channels = 7, .kernel_size = {3, 3}}));
  for (int channels = 1; channels <= 34; ++channels) {
    expect_same_bits(
        model_of({2, 12, 12}, {.out_channels = channels, .kernel_size = {3, 3}}));  // pixels in lanes
    expect_same_bits(model_of({3, 4, 4}, {.out_channels = channels, .kernel_size = {3, 3}}));  // channels
  }
  for (int classes = 1; classes <= 40; ++classes)
    expect_same_bits({{1, 3, 5}, classes, {Flatten{}, Linear{classes, classes % 2 == 0}}});
}

TEST_P(ImageInferenceTest, EveryStrideDilationPaddingAndGroup) {
  for (int stride = 1; stride <= 3; ++stride) {
    for (int dilation = 1; dilation <= 3; ++dilation) {
      for (int padding = 0; padding <= 2; ++padding) {
        const Size2 along{stride, 1};
        const Size2 across{1, stride};
        for (const Size2 strides : {along, across, Size2{stride, stride}}) {
          for (const int groups : {1, 2, 4})
            expect_same_bits(model_of({4, 11, 14}, {.out_channels = 8,
                                                    .kernel_size = {3, 2},
                                                    .stride = strides,
                                                    .padding = {padding, 2 - padding},
                                                    .dilation = {dilation, 4 - dilation},
                                                    .groups = groups,
                                                    .bias = groups == 1}));
        }
      }
    }
  }
}

// In the orders in which a unit has its parts; sums of layouts that differ; a flattened image in every place.
TEST_P(ImageInferenceTest, OrdersOfLayers) {
  const Conv2d conv{.out_channels = 6, .kernel_size = {3, 3}};
  const Conv2d same{.out_channels = 6, .kernel_size = {3, 3}, .padding = {1, 1}};
  const Linear last{3, true};
  const std::vector<std::vector<LayerSpec>> all = {
      {conv, Relu{}, BatchNorm2d{}, Silu{}, MaxPool2d{{2, 2}}, Flatten{}, last},
      {conv, BatchNorm2d{}, Relu{}, AvgPool2d{{2, 2}}, Flatten{}, last},
      {conv, BatchNorm2d{}, Relu{}, MaxPool2d{{3, 2}}, AvgPool2d{{1, 3}}, Flatten{}, last},
      {conv, MaxPool2d{{2, 2}}, conv, AvgPool2d{{2, 2}}, Flatten{}, last},
      {BatchNorm2d{}, conv, same, BatchNorm2d{}, Add{1}, Relu{}, Flatten{}, last},
      {conv, Relu{}, same, Relu{}, same, Add{1}, AdaptiveAvgPool2d{}, Flatten{}, last},
      {MaxPool2d{{2, 2}}, Dropout{0.5}, Flatten{}, BatchNorm2d{}, Relu{}, last},
      {Dropout{0.5}, Flatten{}, Linear{20, true}, Relu{}, Linear{20, false}, BatchNorm2d{}, Add{3}, PRelu{},
       last},
      {conv, Flatten{}, GroupNorm{2}, Conv2d{.out_channels = 6, .kernel_size = {1, 1}, .groups = 2}, last},
      {conv, LeakyRelu{}, MaxPool2d{{3, 3}, {2, 2}, {1, 1}}, AvgPool2d{{3, 3}, {1, 1}, {1, 1}}, Flatten{},
       last},
      {conv, Flatten{}, Conv2d{.out_channels = 3, .kernel_size = {3, 3}, .padding = {1, 1}}}};
  for (const auto& layers : all) expect_same_bits({{2, 13, 12}, 3, layers});
}

TEST_P(ImageInferenceTest, RandomModels) {
  for (uint32_t stream = 0; stream < 300; ++stream) {
    rung::testing::Random random(stream);
    expect_same_bits(rung::testing::random_model(random, 24));
  }
}

TEST_P(ImageInferenceTest, EveryRecipe) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(RUNG_SOURCE_DIR "/recipes")) {
    if (entry.path().extension() == ".toml") expect_same_bits(recipe::load(entry.path()).model);
  }
}

INSTANTIATE_TEST_SUITE_P(Simd, ImageInferenceTest, ::testing::ValuesIn(kernels::simd_targets()),
                         rung::testing::target_name);

}  // namespace
}  // namespace rung::nn

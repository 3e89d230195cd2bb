// The fast engine of integer models against the one that defines their arithmetic: the same logits.
#include "quantise/integer_inference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "every_layer.h"
#include "integer_testing.h"
#include "kernel_testing.h"
#include "quantise/pairs.h"
#include "random_model.h"
#include "recipe/recipe.h"

namespace rung::quantise {
namespace {

class IntegerInferenceTest : public rung::testing::EveryTarget {
 protected:
  static void expect_same_logits(const nn::ModelSpec& model) {
    SCOPED_TRACE(rung::testing::text(model));
    std::optional<rung::testing::FloatAndIntegers> made;
    try {
      made = rung::testing::random_integer_model(model);
    } catch (const Unquantisable&) {
      return;
    }
    IntegerRunner reference(made->integers);
    IntegerInference inference(made->integers);
    const auto pixels = static_cast<size_t>(model.input.elements());
    constexpr int kImages = 8;
    const std::vector<uint8_t> images = rung::testing::random_images(model.input, kImages, 3);
    for (size_t i = 0; i < kImages; ++i) {
      const auto image = std::span(images).subspan(i * pixels, pixels);
      ASSERT_TRUE(std::ranges::equal(inference.run(image), reference.run(image))) << "image " << i;
    }
    ++compared;
  }

  static int compared;
};
int IntegerInferenceTest::compared = 0;

nn::ModelSpec model_of(const nn::Shape& input, const nn::Conv2d& conv) {
  return {input, 3, {conv, nn::Flatten{}, nn::Linear{3, true}}};
}

TEST_P(IntegerInferenceTest, EveryLayer) {
  compared = 0;
  for (const nn::LayerSpec& layer : rung::testing::every_layer()) {
    expect_same_logits(rung::testing::model_with(layer));
    expect_same_logits(rung::testing::model_with(layer, {3, 13, 21}));
  }
  EXPECT_GT(compared, static_cast<int>(rung::testing::every_layer().size()));  // of two each
}

TEST_P(IntegerInferenceTest, EveryWidthAndNumberOfChannels) {
  compared = 0;
  for (int side = 3; side <= 30; ++side)
    expect_same_logits(model_of({3, 6, side}, {.out_channels = 7, .kernel_size = {3, 3}}));
  for (int channels = 1; channels <= 20; ++channels) {
    expect_same_logits(model_of({1, 12, 12}, {.out_channels = channels, .kernel_size = {3, 3}}));
    expect_same_logits(model_of({1, 4, 4}, {.out_channels = channels, .kernel_size = {3, 3}}));
  }
  EXPECT_EQ(compared, 28 + 2 * 20);
}

TEST_P(IntegerInferenceTest, EveryStrideDilationAndPadding) {
  compared = 0;
  for (int stride = 1; stride <= 3; ++stride) {
    for (int dilation = 1; dilation <= 3; ++dilation) {
      for (int padding = 0; padding <= 2; ++padding)
        expect_same_logits(model_of({3, 11, 14}, {.out_channels = 8,
                                                  .kernel_size = {3, 2},
                                                  .stride = {stride, 4 - stride},
                                                  .padding = {padding, 2 - padding},
                                                  .dilation = {dilation, 4 - dilation}}));
    }
  }
  EXPECT_EQ(compared, 27);
}

TEST_P(IntegerInferenceTest, RandomModelsAndRecipes) {
  compared = 0;
  for (uint32_t stream = 0; stream < 300; ++stream) {
    rung::testing::Random random(stream);
    expect_same_logits(rung::testing::random_model(random, 20));
  }
  EXPECT_GT(compared, 150);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(RUNG_SOURCE_DIR "/recipes")) {
    if (entry.path().extension() == ".toml") expect_same_logits(recipe::load(entry.path()).model);
  }
}

// The ends of what sums, multipliers and shifts can be.
TEST_P(IntegerInferenceTest, RequantisesAsDefined) {
  const kernels::Planes planes = kernels::planes_of(3, 5, 7);
  AlignedBuffer<int32_t> sums(planes.floats());
  AlignedBuffer<int32_t> pairs(planes.floats());
  RandomStream random(1, RandomPurpose::kInit);
  for (const int shift : {kLeastShift, 20, 31, 32, 40, kMostShift}) {
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = i % 3 == 0   ? INT32_MIN
                : i % 3 == 1 ? INT32_MAX
                             : static_cast<int32_t>(random.next()) >> (i % 29);
    const Requantisation r{{INT32_MAX, 1, 1 << 20}, shift, 255};
    requantise_pairs(r, planes, sums.data(), pairs.data());
    for (size_t i = 0; i < planes.plane; ++i) {
      for (size_t c = 0; c < 3; ++c) {
        const int32_t pair = pairs[c / 2 * planes.plane + i];
        EXPECT_EQ(c % 2 == 0 ? split(pair).first : split(pair).second,
                  requantise(sums[c * planes.plane + i], r.of_channel(c), shift, r.zero));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Simd, IntegerInferenceTest, ::testing::ValuesIn(kernels::simd_targets()),
                         rung::testing::target_name);

}  // namespace
}  // namespace rung::quantise

// The trace of a model against the engine's own passes: the same logits, and gradients confirmed by finite
// differences.
#include "nn/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/philox.h"
#include "every_layer.h"
#include "nn/inference.h"
#include "tensor_testing.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

constexpr int kSide = 15;
constexpr int kClasses = 5;

// Most kinds of layers, with the elementwise ones in several orders.
ModelSpec model() {
  return {{1, kSide, kSide},
          kClasses,
          {Conv2d{.out_channels = 7, .kernel_size = {3, 3}, .bias = false}, BatchNorm2d{}, Dropout{0.1},
           Relu{}, MaxPool2d{{2, 2}},
           Conv2d{.out_channels = 8, .kernel_size = {3, 3}, .stride = {2, 1}, .padding = {1, 1}}, Relu{},
           BatchNorm2d{}, AvgPool2d{{1, 2}},
           Conv2d{.out_channels = 8, .kernel_size = {3, 3}, .padding = {1, 1}, .groups = 2}, Silu{},
           PRelu{.num_parameters = 8}, Add{-4}, LeakyRelu{}, Add{8}, Flatten{}, Linear{.out_features = 11},
           Dropout{0.5}, Linear{.out_features = kClasses}}};
}

class TraceTest : public ::testing::Test {
 protected:
  TraceTest()
      : plan_(make_plan(model())), weights_(initial_weights(plan_, 3)), x_(size_t{kSide} * kSide * kLanes) {
    RandomStream random(1, RandomPurpose::kInit);
    for (size_t i = 0; i < x_.size(); ++i) x_[i] = random.uniform() * 2 - 1;
    // Statistics as training leaves them, so that folding them matters.
    for (float& value : weights_.buffers) value = 0.5F + random.uniform();
  }

  // The logits [classes][16] of the images.
  std::vector<float> logits() const {
    const Trace trace(plan_, weights_, x_.data());
    const auto last = trace.output(plan_.units.size() - 1);
    return {last.begin(), last.end()};
  }

  Plan plan_;
  Weights weights_;
  AlignedBuffer<float> x_;
};

TEST_F(TraceTest, EndsInTheEnginesLogits) {
  ThreadPool pool(1);
  Inference inference(plan_, pool);
  std::vector<float> expected;
  inference.run(
      weights_, kLanes, [&](int, int, int, float* x) { std::copy_n(x_.data(), x_.size(), x); },
      [&](int, int, const float* logits) { expected.assign(logits, logits + kClasses * kLanes); });
  EXPECT_EQ(logits(), expected);
}

// The engine's logits with every layer.
TEST_F(TraceTest, FollowsEveryLayer) {
  ThreadPool pool(1);
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    SCOPED_TRACE(recipe_name(layer));
    const Plan plan = make_plan(rung::testing::model_with(layer));
    Weights weights = initial_weights(plan, 3);
    std::vector<float> expected;
    Inference inference(plan, pool);
    const size_t floats = block_floats(plan.input);
    inference.run(
        weights, kLanes, [&](int, int, int, float* x) { std::copy_n(x_.data(), floats, x); },
        [&](int, int, const float* logits) { expected.assign(logits, logits + 3 * kLanes); });
    const Trace trace(plan, weights, x_.data());
    EXPECT_TRUE(std::ranges::equal(trace.output(plan.units.size() - 1), expected));
  }
}

// A batch norm that ends its unit adds its bias to every element of that unit's output, so the derivative
// with respect to the bias is the sum of the gradient over the channel.
TEST_F(TraceTest, GradientsAgreeWithFiniteDifferences) {
  const std::vector<uint8_t> classes = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4};
  const Trace trace(plan_, weights_, x_.data());
  size_t unit = 0;
  while (!plan_.units[unit].norm || plan_.units[unit].activation.relu) ++unit;
  const Unit& spec = plan_.units[unit];
  const std::vector<float> gradient = trace.gradient(unit, classes);
  const size_t plane = gradient.size() / static_cast<size_t>(spec.output.channels);
  constexpr float kStep = 1e-2F;
  for (size_t channel = 0; channel < static_cast<size_t>(spec.output.channels); ++channel) {
    float& bias = weights_.parameters[spec.norm->bias + channel];
    const float before = bias;
    bias = before + kStep;
    const auto above = logits();
    bias = before - kStep;
    const auto below = logits();
    bias = before;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      double sum = 0;
      for (size_t i = lane; i < plane; i += kLanes) sum += gradient[channel * plane + i];
      const double wanted = lane < classes.size() ? (above[classes[lane] * size_t{kLanes} + lane] -
                                                     below[classes[lane] * size_t{kLanes} + lane]) /
                                                        (2 * kStep)
                                                  : 0;
      EXPECT_NEAR(sum, wanted, 2e-3) << "channel " << channel << ", lane " << lane;
    }
  }
}

// The same with respect to a convolution's bias, through relu, max pooling and a folded batch norm, with a
// step that changes hardly any maximum.
TEST_F(TraceTest, GradientsPassActivationsAndPooling) {
  Plan plan = make_plan(
      {{1, kSide, kSide},
       kClasses,
       {Conv2d{.out_channels = 4, .kernel_size = {3, 3}}, Conv2d{.out_channels = 6, .kernel_size = {3, 3}},
        BatchNorm2d{}, Relu{}, MaxPool2d{{2, 2}}, Conv2d{.out_channels = kClasses, .kernel_size = {5, 5}}}});
  Weights weights = initial_weights(plan, 4);
  for (size_t i = 0; i < weights.buffers.size(); ++i)
    weights.buffers[i] = 0.3F + 0.1F * static_cast<float>(i % 5);
  const std::vector<uint8_t> classes(kLanes, 2);
  const auto logit = [&](size_t lane) {
    return double{Trace(plan, weights, x_.data()).output(2)[2 * size_t{kLanes} + lane]};
  };
  const std::vector<float> gradient = Trace(plan, weights, x_.data()).gradient(0, classes);
  const size_t plane = gradient.size() / 4;
  constexpr float kStep = 2e-4F;
  for (size_t channel = 0; channel < 4; ++channel) {
    float& bias = weights.parameters[*plan.units[0].bias + channel];
    const float before = bias;
    std::vector<double> above;
    std::vector<double> below;
    bias = before + kStep;
    for (size_t lane = 0; lane < kLanes; ++lane) above.push_back(logit(lane));
    bias = before - kStep;
    for (size_t lane = 0; lane < kLanes; ++lane) below.push_back(logit(lane));
    bias = before;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      double sum = 0;
      for (size_t i = lane; i < plane; i += kLanes) sum += gradient[channel * plane + i];
      EXPECT_NEAR(sum, (above[lane] - below[lane]) / (2 * kStep), 5e-3)
          << "channel " << channel << ", lane " << lane;
    }
  }
}

}  // namespace
}  // namespace rung::nn

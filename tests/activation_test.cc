// The fused scale-dropout-relu-pool kernel and its gradient, dropout's bits and the loss, against their
// references.
#include "kernels/activation.h"

#include <fmt/format.h>

#include "kernel_testing.h"
#include "kernels/dropout.h"
#include "kernels/loss.h"

namespace rung::kernels {
namespace {

using rung::testing::expect_near_all;
using rung::testing::random_values;
using rung::testing::sum_tolerance;

std::vector<ActivationShape> shapes() {
  std::vector<ActivationShape> all;
  for (const bool relu : {false, true}) {
    all.push_back({3, 5, 7, relu, Pooling::kNone, 1, 1});
    for (const Pooling pooling : {Pooling::kMax, Pooling::kAverage}) {
      all.push_back({3, 6, 8, relu, pooling, 2, 2});
      all.push_back({2, 7, 9, relu, pooling, 2, 2});  // a remainder of one row and one column
      all.push_back({2, 8, 9, relu, pooling, 3, 4});
      all.push_back({4, 5, 5, relu, pooling, 5, 5});  // global
    }
  }
  return all;
}

std::string name(const ActivationShape& s) {
  return fmt::format("{}x{}x{}, relu {}, pooling {} {}x{}", s.channels, s.height, s.width, s.relu,
                     static_cast<int>(s.pooling), s.pool_h, s.pool_w);
}

std::vector<uint16_t> keep_bits(size_t size) {
  std::vector<uint16_t> bits(size);
  reference::dropout_bits({.key = {3, 1}}, dropout_threshold(0.3), size, bits.data());
  return bits;
}

// Values on a coarse grid, so that windows have equal maxima.
AlignedBuffer<float> coarse_values(size_t size) {
  auto values = random_values(size, 5, -3, 3);
  for (float& value : values.span()) value = std::round(value);
  return values;
}

class ActivationTest : public rung::testing::EveryTarget {};

// Bit for bit, except for the order of an average's sum.
TEST_P(ActivationTest, ForwardEqualsReference) {
  for (const auto& s : shapes()) {
    for (const bool training : {false, true}) {
      const auto x = coarse_values(s.elements() * kLanes);
      const std::vector<float> scale{0.5F, -1.5F, 2, 1};
      const std::vector<float> shift{0.25F, 0, -1, 3};
      auto bits = keep_bits(s.elements());
      auto expected_bits = bits;
      AlignedBuffer<float> y(block_floats(s.channels, s.out_height(), s.out_width())), expected(y.size());
      activation_forward(s, x.data(), scale.data(), shift.data(), training ? bits.data() : nullptr, y.data());
      reference::activation_forward(s, x.data(), scale.data(), shift.data(),
                                    training ? expected_bits.data() : nullptr, expected.data());
      expect_near_all(y.span(), expected.span(), s.pooling == Pooling::kAverage ? 1e-6 : 0, name(s));
      for (size_t i = 0; i < bits.size(); ++i) {
        const int row = static_cast<int>(i) / s.width % s.height;
        const int col = static_cast<int>(i) % s.width;
        if (row >= s.out_height() * s.pool_h || col >= s.out_width() * s.pool_w) continue;
        ASSERT_EQ(bits[i], expected_bits[i]) << name(s) << ", element " << i;
      }
    }
  }
}

TEST_P(ActivationTest, BackwardEqualsReference) {
  for (const auto& s : shapes()) {
    const auto x = random_values(s.elements() * kLanes, 1);
    const auto dy = random_values(block_floats(s.channels, s.out_height(), s.out_width()), 2);
    const std::vector<float> mean{0.1F, -0.2F, 0.3F, 0};
    const std::vector<float> a{0.5F, -1.5F, 2, 1};
    const std::vector<float> b{0.01F, 0.02F, -0.03F, 0.04F};
    const std::vector<float> constant{1, 2, 3, 4};
    const NormGradient norm{a.data(), b.data(), mean.data(), constant.data()};
    const auto gates = keep_bits(s.elements());
    for (const uint16_t* bits : {gates.data(), static_cast<const uint16_t*>(nullptr)}) {
      std::vector<float> sums(2 * static_cast<size_t>(s.channels)), expected_sums(sums.size());
      activation_backward_sums(s, dy.data(), bits, 1.25F, x.data(), mean.data(), sums.data());
      reference::activation_backward_sums(s, dy.data(), bits, 1.25F, x.data(), mean.data(),
                                          expected_sums.data());
      expect_near_all(sums, expected_sums, sum_tolerance(16.0 * s.height * s.width), name(s));
      for (const NormGradient* n : {&norm, static_cast<const NormGradient*>(nullptr)}) {
        for (const int lanes : {16, 11, 3}) {
          AlignedBuffer<float> dx(x.size()), expected(x.size());
          const auto view = dense_view(dx.data(), s.height, s.width);
          const auto expected_view = dense_view(expected.data(), s.height, s.width);
          activation_backward(s, dy.data(), bits, 1.25F, x.data(), n, lanes, view);
          reference::activation_backward(s, dy.data(), bits, 1.25F, x.data(), n, lanes, expected_view);
          expect_near_all(dx.span(), expected.span(), 1e-6, name(s));
        }
      }
    }
  }
}

TEST_P(ActivationTest, NanIsNotHidden) {
  for (const Pooling pooling : {Pooling::kNone, Pooling::kMax, Pooling::kAverage}) {
    const int side = pooling == Pooling::kNone ? 1 : 2;
    const ActivationShape s{1, 2, 2, true, pooling, side, side};
    for (size_t at = 0; at < 4; ++at) {
      AlignedBuffer<float> x(4 * kLanes), y(block_floats(1, s.out_height(), s.out_width()));
      x[at * kLanes + 3] = NAN;
      const float one = 1;
      const float zero = 0;
      std::vector<uint16_t> bits(s.elements(), 0xFFFF);
      for (uint16_t* kept : {static_cast<uint16_t*>(nullptr), bits.data()}) {
        activation_forward(s, x.data(), &one, &zero, kept, y.data());
        EXPECT_TRUE(std::isnan(y[(side == 1 ? at : 0) * kLanes + 3])) << name(s);
      }
    }
  }
}

TEST_P(ActivationTest, DropoutBitsEqualReferenceAndRate) {
  const DropoutStream stream{.key = {123, 456}, .block = 7, .epoch = 3, .purpose = 0x204};
  for (const size_t size : {1, 7, 8, 9, 100, 6760}) {
    std::vector<uint16_t> bits(size), expected(size);
    dropout_bits(stream, dropout_threshold(0.08), size, bits.data());
    reference::dropout_bits(stream, dropout_threshold(0.08), size, expected.data());
    EXPECT_EQ(bits, expected);
  }
  std::vector<uint16_t> bits(100000);
  dropout_bits(stream, dropout_threshold(0.08), bits.size(), bits.data());
  double kept = 0;
  for (const uint16_t word : bits) kept += __builtin_popcount(word);
  EXPECT_NEAR(kept / 1.6e6, 0.92, 0.001);  // 4.7 standard deviations
  dropout_bits(stream, dropout_threshold(0), 100, bits.data());
  EXPECT_EQ(bits[42], 0xFFFF);
}

TEST_P(ActivationTest, LossEqualsReference) {
  for (const int classes : {1, 2, 10, 37}) {
    auto logits = random_values(static_cast<size_t>(classes) * kLanes, 9, -20, 20);
    std::vector<uint8_t> labels(kLanes);
    for (size_t i = 0; i < labels.size(); ++i)
      labels[i] = static_cast<uint8_t>(i % static_cast<size_t>(classes));
    const auto weights = random_values(static_cast<size_t>(classes), 10, 0, 4);
    std::vector<uint8_t> other_labels(kLanes);
    for (size_t i = 0; i < labels.size(); ++i)
      other_labels[i] = static_cast<uint8_t>(i / 3 % static_cast<size_t>(classes));
    for (const auto& [lanes, smoothing, class_weights, share] : {std::tuple(16, 0.0F, false, 1.0F),
                                                                 {9, 0.0F, true, 1.0F},
                                                                 {1, 0.1F, false, 1.0F},
                                                                 {16, 0.3F, true, 1.0F},
                                                                 {7, 1.0F, false, 1.0F},
                                                                 {16, 0.0F, false, 0.7F},
                                                                 {11, 0.0F, true, 0.2F},
                                                                 {16, 0.1F, true, 0.5F}}) {
      const LossOptions options{.scale = 0.01F,
                                .label_smoothing = smoothing,
                                .class_weights = class_weights ? weights.data() : nullptr,
                                .other_labels = share == 1 ? nullptr : other_labels.data(),
                                .label_share = share};
      AlignedBuffer<float> d(logits.size()), expected_d(logits.size());
      std::vector<uint8_t> predicted(kLanes), expected_predicted(kLanes);
      const auto got =
          cross_entropy(logits.data(), classes, labels.data(), lanes, options, predicted.data(), d.data());
      const auto want = reference::cross_entropy(logits.data(), classes, labels.data(), lanes, options,
                                                 expected_predicted.data(), expected_d.data());
      EXPECT_NEAR(got.loss, want.loss, 2e-6 * (1 + want.loss));
      EXPECT_EQ(got.correct, want.correct);
      EXPECT_EQ(predicted, expected_predicted);
      expect_near_all(d.span(), expected_d.span(), class_weights ? 4e-7 : 1e-7, "dlogits");
    }
  }
}

// Weights of 1 are none: the same loss and gradient, to rounding.
TEST_P(ActivationTest, ClassWeightsOfOneChangeNothing) {
  constexpr int kClasses = 10;
  auto logits = random_values(kClasses * kLanes, 9, -20, 20);
  std::vector<uint8_t> labels(kLanes);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<uint8_t>(i % kClasses);
  const std::vector<float> ones(kClasses, 1);
  AlignedBuffer<float> d(logits.size()), expected_d(logits.size());
  const auto run = [&](const float* weights, AlignedBuffer<float>& gradient) {
    return cross_entropy(logits.data(), kClasses, labels.data(), kLanes, {.class_weights = weights}, nullptr,
                         gradient.data());
  };
  EXPECT_DOUBLE_EQ(run(ones.data(), d).loss, run(nullptr, expected_d).loss);
  EXPECT_TRUE(std::ranges::equal(d.span(), expected_d.span()));
}

INSTANTIATE_TEST_SUITE_P(Simd, ActivationTest, ::testing::ValuesIn(simd_targets()),
                         rung::testing::target_name);

}  // namespace
}  // namespace rung::kernels

// The fused scale-dropout-sum-relu-pool kernel and its gradient, dropout's bits and the loss, against their
// references. (elementwise_test.cc tests the functions.)
#include "kernels/activation.h"

#include <fmt/format.h>

#include "exact_functions.h"
#include "kernel_testing.h"
#include "kernels/dropout.h"
#include "kernels/loss.h"

namespace rung::kernels {
namespace {

using rung::testing::exact_activation_backward;
using rung::testing::exact_activation_backward_sums;
using rung::testing::exact_activation_forward;
using rung::testing::expect_near_all;
using rung::testing::random_values;
using rung::testing::sum_tolerance;

std::vector<ActivationShape> shapes() {
  std::vector<ActivationShape> all{{.channels = 3, .height = 5, .width = 7, .function = Function::kGelu}};
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
  return fmt::format("{}x{}x{}, relu {}, pooling {} {}x{}, {}{}", s.channels, s.height, s.width, s.relu,
                     static_cast<int>(s.pooling), s.pool_h, s.pool_w,
                     s.function ? name_of(*s.function) : "no function", s.rectified ? ", rectified" : "");
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

// Bit for bit, except for the order of an average's sum, and functions.
TEST_P(ActivationTest, ForwardEqualsReference) {
  for (const auto& s : shapes()) {
    const auto x = coarse_values(s.elements() * kLanes);
    const auto added = random_values(x.size(), 6);
    const std::vector<float> scale{0.5F, -1.5F, 2, 1};
    const std::vector<float> shift{0.25F, 0, -1, 3};
    const auto check = [&](const ActivationInput& input, const std::vector<uint16_t>& kept) {
      auto bits = kept;
      auto expected_bits = kept;
      AlignedBuffer<float> y(block_floats(s.channels, s.out_height(), s.out_width())), expected(y.size());
      activation_forward(s, input, kept.empty() ? nullptr : bits.data(), y.data());
      exact_activation_forward(s, input, kept.empty() ? nullptr : expected_bits.data(), expected.data());
      expect_near_all(y.span(), expected.span(), s.pooling == Pooling::kAverage || s.function ? 1e-6 : 0,
                      name(s));
      for (size_t i = 0; i < bits.size(); ++i) {
        const int row = static_cast<int>(i) / s.width % s.height;
        const int col = static_cast<int>(i) % s.width;
        if (row >= s.out_height() * s.pool_h || col >= s.out_width() * s.pool_w) continue;
        ASSERT_EQ(bits[i], expected_bits[i]) << name(s) << ", element " << i;
      }
    };
    check({x.data(), scale.data(), shift.data()}, {});
    check({x.data(), scale.data(), shift.data()}, keep_bits(s.elements()));
    if (s.function) continue;
    check({x.data(), scale.data(), shift.data(), added.data()}, {});
    check({x.data(), scale.data(), shift.data(), added.data()}, std::vector<uint16_t>(s.elements(), 0xFFFF));
  }
}

// What the backward pass writes: the sums, the output's gradient (which becomes the input's with a function),
// the sum's gradient, and dx.
struct Backward {
  std::vector<float> sums;
  AlignedBuffer<float> dy, added, dx;
};

template <typename Sums, typename Gradient>
Backward backward(const ActivationShape& s, const ActivationInput& input, ActivationGradient gradient,
                  const NormGradient* norm, int lanes, Sums backward_sums, Gradient backward_gradient) {
  Backward result{std::vector<float>(2 * static_cast<size_t>(s.channels)),
                  random_values(block_floats(s.channels, s.out_height(), s.out_width()), 2),
                  random_values(s.elements() * kLanes, 8), AlignedBuffer<float>(s.elements() * kLanes)};
  gradient.dy = result.dy.data();
  if (gradient.added != nullptr) gradient.added = result.added.data();
  if (norm != nullptr) backward_sums(s, input, gradient, norm->mean, result.sums.data());
  backward_gradient(s, input, gradient, norm, lanes, dense_view(result.dx.data(), s.height, s.width));
  return result;
}

TEST_P(ActivationTest, BackwardEqualsReference) {
  for (ActivationShape s : shapes()) {
    const auto x = random_values(s.elements() * kLanes, 1);
    const std::vector<float> scale{0.5F, -1.5F, 2, 1};
    const std::vector<float> shift{0.25F, 0, -1, 3};
    const ActivationInput input{x.data(), scale.data(), shift.data()};
    const std::vector<float> mean{0.1F, -0.2F, 0.3F, 0};
    const std::vector<float> a{0.5F, -1.5F, 2, 1};
    const std::vector<float> b{0.01F, 0.02F, -0.03F, 0.04F};
    const std::vector<float> constant{1, 2, 3, 4};
    const NormGradient norm{a.data(), b.data(), mean.data(), constant.data()};
    const auto gates = keep_bits(s.elements());
    const auto check = [&](const ActivationGradient& gradient, const NormGradient* n, int lanes) {
      const auto got = backward(
          s, input, gradient, n, lanes, [](const auto&... given) { activation_backward_sums(given...); },
          [](const auto&... given) { activation_backward(given...); });
      const auto wanted =
          backward(s, input, gradient, n, lanes, exact_activation_backward_sums, exact_activation_backward);
      expect_near_all(got.sums, wanted.sums, sum_tolerance(16.0 * s.height * s.width), name(s) + ", sums");
      expect_near_all(got.dy.span(), wanted.dy.span(), 1e-6, name(s) + ", dy");
      expect_near_all(got.added.span(), wanted.added.span(), 1e-6, name(s) + ", added");
      expect_near_all(got.dx.span(), wanted.dx.span(), 2e-6, name(s) + ", dx");
    };
    float some = 0;
    for (const uint16_t* bits : {gates.data(), static_cast<const uint16_t*>(nullptr)}) {
      for (const NormGradient* n : {&norm, static_cast<const NormGradient*>(nullptr)}) {
        for (const bool rectified : {false, true}) {
          if (rectified && n == nullptr) continue;
          s.rectified = rectified;
          for (const int lanes : {16, 11, 3}) check({nullptr, bits, 1.25F}, n, lanes);
          if (s.function) continue;
          check({nullptr, bits, 1, &some, false}, n, kLanes);
          check({nullptr, bits, 1, &some, true}, n, kLanes);
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
        activation_forward(s, {x.data(), &one, &zero}, kept, y.data());
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
    const auto image_weights = random_values(kLanes, 11, 0, 4);
    for (const auto& [lanes, smoothing, class_weights, weighs_images, share] :
         {std::tuple(16, 0.0F, false, false, 1.0F),
          {9, 0.0F, true, false, 1.0F},
          {1, 0.1F, false, true, 1.0F},
          {16, 0.3F, true, false, 1.0F},
          {7, 1.0F, false, true, 1.0F},
          {16, 0.0F, false, false, 0.7F},
          {11, 0.0F, true, true, 0.2F},
          {16, 0.1F, true, true, 0.5F}}) {
      const LossOptions options{.scale = 0.01F,
                                .label_smoothing = smoothing,
                                .class_weights = class_weights ? weights.data() : nullptr,
                                .image_weights = weighs_images ? image_weights.data() : nullptr,
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
      const double bound = 1e-7 * (class_weights ? 4 : 1) * (weighs_images ? 4 : 1);
      expect_near_all(d.span(), expected_d.span(), bound, "dlogits");
    }
  }
}

// Weights of 1 are none: the same loss and gradient, to rounding.
TEST_P(ActivationTest, WeightsOfOneChangeNothing) {
  constexpr int kClasses = 10;
  auto logits = random_values(kClasses * kLanes, 9, -20, 20);
  std::vector<uint8_t> labels(kLanes);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<uint8_t>(i % kClasses);
  const std::vector<float> ones(kLanes, 1);
  AlignedBuffer<float> d(logits.size()), expected_d(logits.size());
  const auto run = [&](const LossOptions& options, AlignedBuffer<float>& gradient) {
    return cross_entropy(logits.data(), kClasses, labels.data(), kLanes, options, nullptr, gradient.data());
  };
  const double expected = run({}, expected_d).loss;
  for (const LossOptions& options :
       {LossOptions{.class_weights = ones.data()}, LossOptions{.image_weights = ones.data()}}) {
    EXPECT_DOUBLE_EQ(run(options, d).loss, expected);
    EXPECT_TRUE(std::ranges::equal(d.span(), expected_d.span()));
  }
}

INSTANTIATE_TEST_SUITE_P(Simd, ActivationTest, ::testing::ValuesIn(simd_targets()),
                         rung::testing::target_name);

}  // namespace
}  // namespace rung::kernels

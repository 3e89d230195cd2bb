// Optimisers, schedules, weight averaging and the loss do what PyTorch's do.
// tests/golden/make_optim_golden.py makes the golden numbers, in float64, and has the same tables of cases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/aligned_buffer.h"
#include "every_training.h"
#include "kernels/loss.h"
#include "optim/class_weights.h"
#include "optim/lr_schedule.h"
#include "optim/optimizer.h"
#include "optim/weight_average.h"
#include "tensor_testing.h"
#include "train/safetensors.h"

namespace rung::optim {
namespace {

constexpr size_t kParameters = 8;
constexpr size_t kUpdates = 6;
constexpr int kEpochs = 20;
constexpr int kBatches = 3;  // per epoch
constexpr int kSteps = kEpochs * kBatches;

const std::map<std::string, Optimizer> kOptimizers = {
    {"sgd", Sgd{.lr = 0.1}},
    {"sgd_momentum", Sgd{.lr = 0.01, .momentum = 0.9}},
    {"sgd_weight_decay", Sgd{.lr = 0.1, .weight_decay = 0.3}},
    {"sgd_momentum_weight_decay", Sgd{.lr = 0.05, .momentum = 0.7, .weight_decay = 0.02}},
    {"sgd_nesterov", Sgd{.lr = 0.03, .momentum = 0.8, .nesterov = true}},
    {"sgd_nesterov_weight_decay", Sgd{.lr = 0.2, .momentum = 0.6, .weight_decay = 0.1, .nesterov = true}},
    {"adam", Adam{}},
    {"adam_options", Adam{{.lr = 0.05, .betas = {0.7, 0.9}, .eps = 0.1}, 0}},
    {"adam_weight_decay", Adam{{.lr = 0.02}, 0.2}},
    {"adamw", AdamW{{.lr = 0.1}}},
    {"adamw_options", AdamW{{.lr = 0.03, .betas = {0.8, 0.95}, .eps = 1e-3}, 0.4}},
    {"rmsprop", RmsProp{}},
    {"rmsprop_options",
     RmsProp{.lr = 0.03, .alpha = 0.7, .eps = 1e-3, .weight_decay = 0.2, .momentum = 0.6, .centered = true}},
};

Training sgd(const LrScheduler& schedule, double lr = 0.1) {
  return {.epochs = kEpochs, .optimizer = Sgd{.lr = lr, .momentum = 0.9}, .lr_scheduler = schedule};
}
Training adam(const LrScheduler& schedule) {
  return {.epochs = kEpochs, .optimizer = Adam{{.lr = 0.1, .betas = {0.7, 0.99}}}, .lr_scheduler = schedule};
}
Training warmed(const LrScheduler& schedule, const LrWarmup& warmup = {0.25, 7}) {
  Training training = sgd(schedule);
  training.lr_warmup = warmup;
  return training;
}

const std::map<std::string, Training> kRates = {
    {"step_halve", sgd(StepLr{5, 0.5}, 0.02)},
    {"step_every_epoch", sgd(StepLr{1, 0.7})},
    {"step_grow", sgd(StepLr{3, 1.5}, 0.001)},
    {"step_never", sgd(StepLr{50, 0.1}, 0.3)},
    {"multi_step", sgd(MultiStepLr{{1, 6, 7, 19}, 0.3})},
    {"exponential", sgd(ExponentialLr{0.9})},
    {"cosine", sgd(CosineAnnealingLr{})},  // t_max is the training's length
    {"cosine_again", sgd(CosineAnnealingLr{7, 0.01})},
    {"restarts", sgd(CosineAnnealingWarmRestarts{.t_0 = 6})},
    {"restarts_longer", sgd(CosineAnnealingWarmRestarts{.t_0 = 2, .t_mult = 3, .eta_min = 0.01})},
    {"one_cycle", sgd(OneCycleLr{.max_lr = 0.5})},
    {"one_cycle_options", sgd(OneCycleLr{.max_lr = 2,
                                         .pct_start = 0.21,
                                         .anneal_strategy = OneCycleLr::Anneal::kLinear,
                                         .base_momentum = 0.5,
                                         .max_momentum = 0.8,
                                         .div_factor = 10,
                                         .final_div_factor = 3})},
    {"one_cycle_three_phase", adam(OneCycleLr{.max_lr = 0.5, .pct_start = 0.4, .three_phase = true})},
    {"one_cycle_fixed_momentum", sgd(OneCycleLr{.max_lr = 0.5, .pct_start = 0, .cycle_momentum = false})},
    {"triangular", sgd(CyclicLr{.base_lr = 0.01, .max_lr = 0.3, .step_size_up = 8, .step_size_down = 8})},
    {"triangular2", sgd(CyclicLr{.base_lr = 0.1,
                                 .max_lr = 0.9,
                                 .step_size_up = 5,
                                 .step_size_down = 9,
                                 .mode = CyclicLr::Mode::kTriangular2,
                                 .base_momentum = 0.1,
                                 .max_momentum = 0.6})},
    {"exp_range", sgd(CyclicLr{.base_lr = 0.1,
                               .max_lr = 0.9,
                               .step_size_up = 6,
                               .step_size_down = 6,
                               .mode = CyclicLr::Mode::kExpRange,
                               .gamma = 0.96,
                               .cycle_momentum = false})},
    {"warmup", warmed(ConstantLr{})},
    {"warmup_defaults", warmed(ConstantLr{}, {})},
    {"warmup_step", warmed(StepLr{1, 0.7}, {.start_factor = 0.25, .epochs = 7.0 / kBatches})},
    {"warmup_cosine", warmed(CosineAnnealingLr{20})},
};

// Whether a list has a case of every kind that another has.
template <typename Cases, typename Every, typename Part>
void expect_every_kind(const Cases& cases, const Every& every, Part part) {
  for (const auto& one : every)
    EXPECT_TRUE(std::ranges::any_of(
        cases, [&](const auto& entry) { return part(entry.second).index() == one.index(); }))
        << "no case of " << std::visit([](const auto& kind) { return kind.kName; }, one);
}

TEST(Cases, HaveEveryOptimizerAndSchedule) {
  expect_every_kind(kOptimizers, rung::testing::every_optimizer(),
                    [](const Optimizer& optimizer) { return optimizer; });
  expect_every_kind(kRates, rung::testing::every_lr_scheduler(),
                    [](const Training& training) { return training.lr_scheduler; });
}

class Golden {
 public:
  std::span<const float> at(const std::string& name, size_t size) const {
    return file_.floats_at(name, size, path_).values;
  }
  // How many tensors have a name that begins so.
  size_t count(const std::string& prefix) const {
    size_t result = 0;
    for (const auto& [name, tensor] : file_.floats) result += name.starts_with(prefix) ? 1 : 0;
    return result;
  }

 private:
  std::filesystem::path path_ = std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/optim.safetensors";
  train::SafeTensors file_ = train::read_safetensors(path_);
};

Rates own_rates(const Optimizer& optimizer) {
  return {lr_of(optimizer), momentum_of(optimizer)};
}

// An update rounds values of size 1 three to ten times, and six updates add up.
TEST(Optimizers, EqualTorch) {
  const Golden golden;
  EXPECT_EQ(golden.count("optimizer/"), kOptimizers.size());
  const auto gradients = golden.at("gradients", kUpdates * kParameters);
  for (const auto& [name, optimizer] : kOptimizers) {
    const auto history = golden.at("optimizer/" + name, (kUpdates + 1) * kParameters);
    std::vector<float> parameters(history.begin(), history.begin() + kParameters);
    OptimizerState state(optimizer, kParameters);
    for (size_t step = 0; step < kUpdates; ++step) {
      state.step(own_rates(optimizer), static_cast<int64_t>(step),
                 gradients.subspan(step * kParameters, kParameters), parameters);
      rung::testing::expect_tensor_within(fmt::format("{}, step {}", name, step),
                                          std::span<const float>(parameters),
                                          history.subspan((step + 1) * kParameters, kParameters), 4);
    }
  }
}

TEST(Optimizers, GoOnFromStoredBuffers) {
  const Golden golden;
  const auto gradients = golden.at("gradients", kUpdates * kParameters);
  for (const auto& [name, optimizer] : kOptimizers) {
    std::vector<float> whole(kParameters, 0.5F);
    std::vector<float> parts = whole;
    OptimizerState state(optimizer, kParameters);
    OptimizerState first(optimizer, kParameters);
    for (size_t step = 0; step < kUpdates; ++step) {
      OptimizerState second(optimizer, kParameters);
      for (size_t b = 0; b < first.buffers().size(); ++b)
        second.buffers()[b].values = first.buffers()[b].values;
      const auto gradient = gradients.subspan(step * kParameters, kParameters);
      state.step(own_rates(optimizer), static_cast<int64_t>(step), gradient, whole);
      second.step(own_rates(optimizer), static_cast<int64_t>(step), gradient, parts);
      first = second;
    }
    EXPECT_EQ(parts, whole) << name;
  }
}

// A dead unit's gradient is always zero: 0 / (0 + eps).
TEST(Optimizers, AdamLeavesWhatHasNoGradient) {
  std::vector<float> parameters(kParameters, 2.0F);
  OptimizerState state(Adam{{.eps = 1e-30}}, kParameters);
  const std::vector<float> zeros(kParameters);
  for (int step = 0; step < 3; ++step) state.step({0.1, 0.9}, step, zeros, parameters);
  EXPECT_EQ(parameters, std::vector<float>(kParameters, 2.0F));
}

TEST(WeightAverage, EqualsTorch) {
  const Golden golden;
  const auto history = golden.at("optimizer/sgd_momentum", (kUpdates + 1) * kParameters);
  const auto expected = golden.at("average", (kUpdates + 1) * kParameters);
  std::vector<float> average(history.begin(), history.begin() + kParameters);  // the first update copies
  for (size_t update = 1; update <= kUpdates; ++update) {
    move_average(0.7, history.subspan(update * kParameters, kParameters), average);
    rung::testing::expect_tensor_within(fmt::format("update {}", update), std::span<const float>(average),
                                        expected.subspan(update * kParameters, kParameters), 2);
  }
}

TEST(Loss, EqualsTorchsWithSmoothing) {
  const Golden golden;
  constexpr int kClasses = 10;
  const auto logits = golden.at("logits", kClasses * kernels::kLanes);
  AlignedBuffer<float> aligned(logits.size());
  std::ranges::copy(logits, aligned.data());
  std::vector<uint8_t> labels(kernels::kLanes);
  for (size_t image = 0; image < labels.size(); ++image)
    labels[image] = static_cast<uint8_t>(image % kClasses);
  for (const auto& [name, smoothing] : {std::pair("0.0", 0.0F), {"0.1", 0.1F}, {"0.4", 0.4F}}) {
    AlignedBuffer<float> gradient(logits.size());
    const auto found = kernels::cross_entropy(aligned.data(), kClasses, labels.data(), kernels::kLanes,
                                              {.label_smoothing = smoothing}, nullptr, gradient.data());
    const float expected = golden.at(std::string("loss/") + name, 1)[0];
    EXPECT_NEAR(found.loss, expected, 1e-6 * expected) << name;
    rung::testing::expect_tensor_within(name, std::span<const float>(gradient.span()),
                                        golden.at(std::string("loss/gradient/") + name, logits.size()), 4);
  }
}

// With weights, the mean over the images divides by the sum of their labels' weights.
TEST(Loss, EqualsTorchsWithClassWeights) {
  const Golden golden;
  constexpr int kClasses = 10;
  const auto logits = golden.at("logits", kClasses * kernels::kLanes);
  const auto weights = golden.at("class_weights", kClasses);
  AlignedBuffer<float> aligned(logits.size());
  std::ranges::copy(logits, aligned.data());
  std::vector<uint8_t> labels(kernels::kLanes);
  double sum = 0;
  for (size_t image = 0; image < labels.size(); ++image) {
    labels[image] = static_cast<uint8_t>(image % kClasses);
    sum += weights[labels[image]];
  }
  for (const auto& [name, smoothing] : {std::pair("0.0", 0.0F), {"0.1", 0.1F}, {"0.4", 0.4F}}) {
    AlignedBuffer<float> gradient(logits.size());
    const auto found = kernels::cross_entropy(
        aligned.data(), kClasses, labels.data(), kernels::kLanes,
        {.scale = static_cast<float>(1 / sum), .label_smoothing = smoothing, .class_weights = weights.data()},
        nullptr, gradient.data());
    const float expected = golden.at(std::string("loss/weighted/") + name, 1)[0];
    EXPECT_NEAR(found.loss / sum, expected, 1e-6 * expected) << name;
    rung::testing::expect_tensor_within(
        name, std::span<const float>(gradient.span()),
        golden.at(std::string("loss/gradient/weighted/") + name, logits.size()), 4);
  }
}

// MixUp's targets are probabilities, where the mean divides by the number of images.
TEST(Loss, EqualsTorchsWithTwoLabels) {
  const Golden golden;
  constexpr int kClasses = 10;
  const auto logits = golden.at("logits", kClasses * kernels::kLanes);
  AlignedBuffer<float> aligned(logits.size());
  std::ranges::copy(logits, aligned.data());
  std::vector<uint8_t> labels(kernels::kLanes), other_labels(kernels::kLanes);
  for (size_t image = 0; image < labels.size(); ++image) {
    labels[image] = static_cast<uint8_t>(image % kClasses);
    other_labels[image] = static_cast<uint8_t>(3 * image % kClasses);
  }
  EXPECT_EQ(golden.count("loss/mixed/"), 8U);
  for (const double share : {0.25, 0.875}) {
    for (const double smoothing : {0.0, 0.1}) {
      for (const bool weighted : {false, true}) {
        const auto name = fmt::format("{}/{:.1f}/{}", share, smoothing, weighted ? "weighted" : "plain");
        AlignedBuffer<float> gradient(logits.size());
        const auto found = kernels::cross_entropy(
            aligned.data(), kClasses, labels.data(), kernels::kLanes,
            {.scale = 1.0F / kernels::kLanes,
             .label_smoothing = static_cast<float>(smoothing),
             .class_weights = weighted ? golden.at("class_weights", kClasses).data() : nullptr,
             .other_labels = other_labels.data(),
             .label_share = static_cast<float>(share)},
            nullptr, gradient.data());
        const float expected = golden.at("loss/mixed/" + name, 1)[0];
        EXPECT_NEAR(found.loss / kernels::kLanes, expected, 1e-6 * expected) << name;
        rung::testing::expect_tensor_within(name, std::span<const float>(gradient.span()),
                                            golden.at("loss/gradient/mixed/" + name, logits.size()), 4);
      }
    }
  }
}

TEST(Loss, EqualsTorchsWithATeacher) {
  const Golden golden;
  constexpr int kClasses = 10;
  const auto logits = golden.at("logits", kClasses * kernels::kLanes);
  const auto teacher = golden.at("teacher", logits.size());
  AlignedBuffer<float> aligned(logits.size()), teachers(logits.size());
  std::ranges::copy(logits, aligned.data());
  std::ranges::copy(teacher, teachers.data());
  std::vector<uint8_t> labels(kernels::kLanes);
  for (size_t image = 0; image < labels.size(); ++image)
    labels[image] = static_cast<uint8_t>(image % kClasses);
  EXPECT_EQ(golden.count("loss/distilled/"), 6U);
  for (const double temperature : {0.5, 1.0, 4.0}) {
    AlignedBuffer<float> probabilities(logits.size());
    for (const float share : {0.25F, 0.75F})  // of two teachers that agree
      kernels::add_probabilities(teachers.data(), kClasses, static_cast<float>(temperature), share,
                                 probabilities.data());
    for (const double weight : {0.25, 1.0}) {
      const auto name = fmt::format("{:.1f}/{:.{}f}", temperature, weight, weight == 1 ? 1 : 2);
      AlignedBuffer<float> gradient(logits.size()), expected_gradient(logits.size());
      const kernels::LossOptions options{
          .scale = 1.0F / kernels::kLanes,
          .distillation = kernels::Distillation{probabilities.data(), static_cast<float>(temperature),
                                                static_cast<float>(weight)}};
      const auto found = kernels::cross_entropy(aligned.data(), kClasses, labels.data(), kernels::kLanes,
                                                options, nullptr, gradient.data());
      const float expected = golden.at("loss/distilled/" + name, 1)[0];
      EXPECT_NEAR(found.loss / kernels::kLanes, expected, 2e-6 * expected) << name;
      const auto torchs = golden.at("loss/gradient/distilled/" + name, logits.size());
      for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(gradient.data()[i], torchs[i], 3e-7) << name;
      const auto defined =
          kernels::reference::cross_entropy(aligned.data(), kClasses, labels.data(), kernels::kLanes, options,
                                            nullptr, expected_gradient.data());
      EXPECT_NEAR(found.loss, defined.loss, 3e-6 * defined.loss) << name;
    }
  }
}

// Of an image that counts twice, both parts of the loss do; lanes without an image get no gradient.
TEST(Loss, ATeacherWeighsImagesAsTheLabelsDo) {
  constexpr int kClasses = 3;
  AlignedBuffer<float> logits(kClasses * kernels::kLanes), probabilities(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    logits.data()[i] = 0.1F * static_cast<float>(i % 7);
    probabilities.data()[i] = 1.0F / kClasses;
  }
  std::vector<uint8_t> labels(kernels::kLanes, 1);
  alignas(64) std::array<float, kernels::kLanes> weights{};
  weights.fill(2);
  kernels::LossOptions options{.distillation = kernels::Distillation{probabilities.data(), 2, 0.5}};
  AlignedBuffer<float> once(logits.size()), twice(logits.size());
  const double loss =
      kernels::cross_entropy(logits.data(), kClasses, labels.data(), 5, options, nullptr, once.data()).loss;
  options.image_weights = weights.data();
  EXPECT_NEAR(
      kernels::cross_entropy(logits.data(), kClasses, labels.data(), 5, options, nullptr, twice.data()).loss,
      2 * loss, 1e-12);
  for (size_t i = 0; i < logits.size(); ++i) {
    EXPECT_FLOAT_EQ(twice.data()[i], 2 * once.data()[i]);
    EXPECT_EQ(once.data()[i] != 0, i % kernels::kLanes < 5) << i;
  }
}

// As scikit-learn 1.x: compute_class_weight("balanced", classes=[0, 1, 3], y=[0] * 6 + [1] * 3 + [3]) gives
// 0.5556, 1.1111, 3.3333. Class 2 has no image.
TEST(ClassWeights, BalancedOnesAreScikitLearns) {
  EXPECT_THAT(
      class_factors({}, std::vector{6, 3, 0, 1}),
      ::testing::Pointwise(::testing::FloatEq(), std::vector{10.0F / 18, 10.0F / 9, 0.0F, 10.0F / 3}));
  EXPECT_THAT(class_factors({{2, 0, 0.5}}, std::vector{1, 1, 1}), ::testing::ElementsAre(2, 0, 0.5F));
}

Rates rates_of_step(const Training& training, int step) {
  return rates_at(training, {.epoch = step / kBatches, .step = step, .steps = kSteps});
}

// The golden rates are rounded to float32; everything before is double on both sides. CosineAnnealingLR's own
// recursion loses digits where the rate is almost zero.
TEST(Schedules, EqualTorch) {
  const Golden golden;
  EXPECT_EQ(golden.count("lr/"), kRates.size());
  for (const auto& [name, training] : kRates) {
    const auto lr = golden.at("lr/" + name, kSteps);
    const auto momentum = golden.at("momentum/" + name, kSteps);
    for (int step = 0; step < kSteps; ++step) {
      const Rates rates = rates_of_step(training, step);
      const auto at = static_cast<size_t>(step);
      EXPECT_NEAR(rates.lr, lr[at], 1e-7 * lr[at] + 1e-12) << name << ", step " << step;
      EXPECT_FLOAT_EQ(static_cast<float>(rates.momentum), momentum[at]) << name << ", step " << step;
    }
  }
}

TEST(Schedules, NoneStaysTheOptimizersRate) {
  for (const int step : {0, 1, 59})
    EXPECT_EQ(rates_of_step(sgd(ConstantLr{}, 0.02), step), (Rates{0.02, 0.9}));
}

// PyTorch's LinearLR and OneCycleLR overwrite each other; Rung takes the product.
TEST(Schedules, WarmUpMultipliesOneThatSetsTheRate) {
  const OneCycleLr cycle{.max_lr = 0.5};
  for (int step = 0; step < kSteps; ++step) {
    const double factor = rates_of_step(warmed(ConstantLr{}), step).lr / 0.1;
    EXPECT_DOUBLE_EQ(rates_of_step(warmed(cycle), step).lr, rates_of_step(sgd(cycle), step).lr * factor);
  }
}

// A phase of OneCycleLR without length divides by zero in PyTorch.
TEST(Schedules, OneCycleOfAnyLengthIsFinite) {
  for (const int steps : {1, 2, 3, 4}) {
    for (const double start : {0.0, 0.25, 0.3, 0.5, 1.0}) {
      for (const bool three : {false, true}) {
        const Training training = sgd(OneCycleLr{.max_lr = 1, .pct_start = start, .three_phase = three});
        for (int step = 0; step < steps; ++step) {
          const double lr = rates_at(training, {.epoch = 0, .step = step, .steps = steps}).lr;
          EXPECT_TRUE(std::isfinite(lr)) << steps << " steps, pct_start " << start;
        }
      }
    }
  }
}

}  // namespace
}  // namespace rung::optim

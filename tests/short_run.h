// A training run of a few milliseconds with a bit of everything, on generated images.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/philox.h"
#include "data/dataset.h"
#include "every_layer.h"
#include "every_training.h"
#include "every_transform.h"
#include "kernels/simd.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

namespace rung::testing {

inline constexpr int kSide = 15;  // odd, so that poolings leave a remainder
inline constexpr int kClasses = 5;
inline constexpr int kEpochs = 3;

// Discs whose size and place depend on the class, with noise: something to learn.
inline data::Split split_of_discs(int count, uint64_t seed) {
  data::Split split{count, kSide, kSide, {}, {}};
  RandomStream random(seed, RandomPurpose::kInit);
  for (int n = 0; n < count; ++n) {
    const auto label = static_cast<int>(random.below(kClasses));
    split.labels.push_back(static_cast<uint8_t>(label));
    for (int pixel = 0; pixel < kSide * kSide; ++pixel) {
      const int y = pixel / kSide - 5 - label;
      const int x = pixel % kSide - 7;
      const bool inside = y * y + x * x < 6 + 4 * label;
      split.pixels.push_back(static_cast<uint8_t>(random.below(64) + (inside ? 160 : 0)));
    }
  }
  return split;
}

inline const data::Dataset& discs() {
  // The last batch is small, and one of its blocks is not full.
  static const data::Dataset discs_of_five{
      "discs", kClasses, {}, split_of_discs(149, 1), split_of_discs(70, 2)};
  return discs_of_five;
}

// The layers of the ladder, augmentation and a learning rate that changes.
inline train::Experiment short_run() {
  using namespace nn;
  return {.model = {{1, kSide, kSide},
                    kClasses,
                    {Conv2d{.out_channels = 7, .kernel_size = {3, 3}, .bias = false}, BatchNorm2d{},
                     Dropout{0.1}, Relu{}, MaxPool2d{{2, 2}},
                     Conv2d{.out_channels = 8, .kernel_size = {3, 3}, .stride = {2, 1}, .padding = {1, 1}},
                     Relu{}, BatchNorm2d{}, AvgPool2d{{1, 2}},
                     Conv2d{.out_channels = 8, .kernel_size = {3, 3}, .padding = {1, 1}, .groups = 2},
                     BatchNorm2d{}, Dropout{0.05}, Flatten{}, BatchNorm2d{}, Linear{.out_features = 11},
                     Relu{}, Linear{.out_features = kClasses}}},
          .dataset = {"discs", 0.3, 0.3},
          .augment = {data::ColorJitter{.brightness = 0.1, .contrast = 0.1}, data::RandomRotation{10, 1}},
          .training = {.epochs = kEpochs,
                       .batch_size = 41,
                       .optimizer =
                           optim::Sgd{.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-3, .nesterov = true},
                       .lr_scheduler = optim::StepLr{1, 0.5}},
          .seed = 12};
}

// short_run() as a recipe.
inline recipe::Recipe small_recipe(const std::string& name = "small") {
  const train::Experiment experiment = short_run();
  recipe::Recipe recipe;
  recipe.name = name;
  recipe.title = "Small";
  recipe.dataset = experiment.dataset;
  recipe.dataset.name = "./discs";
  recipe.augment = experiment.augment;
  recipe.model = experiment.model;
  recipe.training = experiment.training;
  return recipe;
}

// Residual connections, the other activations, a depthwise convolution, a global mean, and Adam.
inline train::Experiment residual_run() {
  using namespace nn;
  train::Experiment run = short_run();
  run.model.layers = {Conv2d{.out_channels = 7, .kernel_size = {3, 3}, .bias = false},
                      BatchNorm2d{},
                      Silu{},
                      Conv2d{.out_channels = 7, .kernel_size = {3, 3}, .padding = {1, 1}, .groups = 7},
                      Conv2d{.out_channels = 7, .kernel_size = {1, 1}},
                      BatchNorm2d{},
                      PRelu{7},
                      Dropout{0.05},
                      Add{2},
                      LeakyRelu{0.1},
                      MaxPool2d{{2, 2}},
                      PRelu{},
                      Add{-1},
                      Conv2d{.out_channels = 12, .kernel_size = {3, 3}},
                      BatchNorm2d{},
                      Relu{},
                      AdaptiveAvgPool2d{},
                      Linear{.out_features = kClasses}};
  run.training.optimizer = optim::Adam{{.lr = 0.01}};
  run.training.lr_scheduler = optim::ConstantLr{};
  return run;
}

// short_run() with the recipe features that the two others leave out.
inline train::Experiment toolbox_run() {
  train::Experiment run = short_run();
  run.dataset.validation = 20;
  run.augment = {data::RandomAffine{.degrees = 10,
                                    .translate = {0.1, 0.1},
                                    .scale = {0.9, 1.1},
                                    .shear = {-5, 5, 0, 0},
                                    .interpolation = data::Interpolation::kBilinear},
                 data::ElasticTransform{.alpha = 20, .sigma = 3}, data::RandomCrop{.padding = 1},
                 data::RandomErasing{.value = 0.5}};
  run.training.optimizer = optim::AdamW{{.lr = 1e-3}, 0.05};
  run.training.lr_scheduler = optim::OneCycleLr{.max_lr = 0.02};
  run.training.lr_warmup = optim::LrWarmup{0.5, 3};
  run.training.label_smoothing = 0.1;
  run.training.ema = optim::Ema{.decay = 0.8, .use_buffers = true};
  return run;
}

struct NamedRun {
  std::string_view name;  // of a layer, transform, optimiser or schedule, as in recipes
  train::Experiment run;
};

// A run for each row of every list of kinds: short_run() with that row in the place of its own. A new kind
// adds a run and leaves the others as they are.
inline std::vector<NamedRun> runs_of_every_kind() {
  std::vector<NamedRun> runs;
  const auto add = [&](const auto& row) -> train::Experiment& {
    return runs.emplace_back(std::visit([](const auto& kind) { return kind.kName; }, row), short_run()).run;
  };
  for (const nn::LayerSpec& layer : every_layer())
    add(layer).model = model_with(layer, {1, kSide, kSide}, kClasses);
  for (const data::Transform& transform : every_transform()) add(transform).augment = {transform};
  for (const optim::Optimizer& optimizer : every_optimizer()) {
    optim::Training& training = add(optimizer).training;
    training.optimizer = optimizer;
    std::visit([](auto& kind) { kind.lr = 0.01; }, training.optimizer);
  }
  for (const optim::LrScheduler& schedule : every_lr_scheduler()) {
    optim::Training& training = add(schedule).training;
    training.lr_scheduler = schedule;
    training.epochs = 4;  // of 10 batches, which the schedules fit
    training.batch_size = 15;
  }
  return runs;
}

// This machine's SIMD targets with fused multiply-add, which must give the same bits. Other targets round a
// product before adding it.
inline std::vector<std::string> fused_targets() {
  std::vector<std::string> targets = kernels::simd_targets();
  std::erase_if(targets, [](const std::string& target) { return !kernels::same_bits(target, "avx2"); });
  return targets;
}

}  // namespace rung::testing

// How a model is optimised, as plain values, with PyTorch's names, meanings and defaults.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace rung::optim {

// torch.optim.SGD: v = momentum*v + (g + weight_decay*w), the first v = g; w -= lr*v.
struct Sgd {
  double lr = 1e-3;
  double momentum = 0.0;
  double weight_decay = 0.0;
  bool nesterov = false;
  friend bool operator==(const Sgd&, const Sgd&) = default;
};

// torch.optim.Adam and AdamW, without amsgrad. They differ in weight decay: Adam adds it to the gradient,
// AdamW shrinks the weights by it.
struct AdamBase {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  friend bool operator==(const AdamBase&, const AdamBase&) = default;
};
struct Adam : AdamBase {
  double weight_decay = 0.0;
  friend bool operator==(const Adam&, const Adam&) = default;
};
struct AdamW : AdamBase {
  double weight_decay = 1e-2;
  friend bool operator==(const AdamW&, const AdamW&) = default;
};

using Optimizer = std::variant<Sgd, Adam, AdamW>;

std::string_view name_of(const Optimizer& optimizer);  // "sgd", as in recipes
double lr_of(const Optimizer& optimizer);
double momentum_of(const Optimizer& optimizer);  // Adam's is beta1; schedules treat both alike

struct ConstantLr {
  friend bool operator==(const ConstantLr&, const ConstantLr&) = default;
};

// torch.optim.lr_scheduler.StepLR, stepped once per epoch: lr * gamma^floor(epoch / step_size).
struct StepLr {
  int step_size = 1;
  double gamma = 0.1;
  friend bool operator==(const StepLr&, const StepLr&) = default;
};

// MultiStepLR, stepped once per epoch: lr * gamma^(how many milestones the epoch has reached).
struct MultiStepLr {
  std::vector<int> milestones;  // epochs, ascending
  double gamma = 0.1;
  friend bool operator==(const MultiStepLr&, const MultiStepLr&) = default;
};

// ExponentialLR, stepped once per epoch: lr * gamma^epoch.
struct ExponentialLr {
  double gamma = 1;
  friend bool operator==(const ExponentialLr&, const ExponentialLr&) = default;
};

// CosineAnnealingLR, stepped once per epoch: eta_min + (lr - eta_min) * (1 + cos(pi * epoch / t_max)) / 2.
struct CosineAnnealingLr {
  std::optional<int> t_max = std::nullopt;  // none: the training's epochs
  double eta_min = 0;
  friend bool operator==(const CosineAnnealingLr&, const CosineAnnealingLr&) = default;
};

// OneCycleLR over all batches of the training, stepped once per batch: up to max_lr and then down to almost
// zero, momentum in the opposite direction. It sets the learning rate, so the optimiser's own has no effect.
struct OneCycleLr {
  enum class Anneal { kCos, kLinear };
  double max_lr = 0;
  double pct_start = 0.3;
  Anneal anneal_strategy = Anneal::kCos;
  bool cycle_momentum = true;
  double base_momentum = 0.85;
  double max_momentum = 0.95;
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;
  friend bool operator==(const OneCycleLr&, const OneCycleLr&) = default;
};

// CyclicLR, stepped once per batch: a sawtooth of step_size_up and step_size_down batches. It also sets the
// learning rate.
struct CyclicLr {
  enum class Mode { kTriangular, kTriangular2, kExpRange };
  double base_lr = 0;
  double max_lr = 0;
  int step_size_up = 2000;
  int step_size_down = 2000;
  Mode mode = Mode::kTriangular;
  double gamma = 1;  // exp_range: the amplitude's factor per batch
  bool cycle_momentum = true;
  double base_momentum = 0.8;
  double max_momentum = 0.9;
  friend bool operator==(const CyclicLr&, const CyclicLr&) = default;
};

using LrScheduler =
    std::variant<ConstantLr, StepLr, MultiStepLr, ExponentialLr, CosineAnnealingLr, OneCycleLr, CyclicLr>;

// Whether the schedule sets the learning rate, or momentum, instead of changing the optimiser's.
bool sets_lr(const LrScheduler& scheduler);
bool sets_momentum(const LrScheduler& scheduler);

// A factor on any schedule's learning rate, as torch.optim.lr_scheduler.LinearLR stepped once per batch: from
// start_factor to 1 in total_iters batches.
struct LrWarmup {
  double start_factor = 1.0 / 3;
  int total_iters = 5;
  std::optional<double> epochs = std::nullopt;  // in the place of total_iters, as batches of that many epochs
  friend bool operator==(const LrWarmup&, const LrWarmup&) = default;
};

// torch.optim.swa_utils.AveragedModel with an exponential moving average, updated after every step: the first
// one copies, then average = decay*average + (1-decay)*weight. Buffers (batch norm's running statistics) are
// averaged likewise with use_buffers, otherwise copied. PyTorch copies them by default; the copies are not
// the statistics of the averaged weights, and cost the average accuracy.
struct Ema {
  double decay = 0.999;
  bool use_buffers = true;
  friend bool operator==(const Ema&, const Ema&) = default;
};

// CrossEntropyLoss's weight: a factor on what images of each class count in the loss. The mean over a batch
// divides by the sum of its images' factors.
struct ClassWeights {
  // [classes]; empty: from the training images, so that every class counts alike (scikit-learn's
  // compute_class_weight with "balanced").
  std::vector<double> factors;
  friend bool operator==(const ClassWeights&, const ClassWeights&) = default;
};

struct Training {
  int epochs = 1;
  int batch_size = 128;
  Optimizer optimizer;
  LrScheduler lr_scheduler;
  std::optional<LrWarmup> lr_warmup = std::nullopt;
  double label_smoothing = 0;  // CrossEntropyLoss's
  std::optional<Ema> ema = std::nullopt;
  std::optional<ClassWeights> class_weights = std::nullopt;
  friend bool operator==(const Training&, const Training&) = default;
};

}  // namespace rung::optim

// How a model is optimised, as plain values, with PyTorch's names, meanings and defaults.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "kernels/precision.h"

namespace rung::optim {

inline constexpr int kMaxEpochs = 100'000;
inline constexpr int kMaxBatches = 1'000'000'000;  // of a cycle or a warm-up
inline constexpr NumberRange kLrRange = NumberRange::open(0, 1e6);
inline constexpr NumberRange kMomentumRange = NumberRange::right_open(0, 1);
inline constexpr NumberRange kGammaRange = NumberRange::left_open(0, 1e3);

template <typename Optimizer>
constexpr auto weight_decay_field(std::string_view meaning) {
  return field("weight_decay", &Optimizer::weight_decay).within(NumberRange::at_least(0)).means(meaning);
}

// torch.optim.SGD: v = momentum*v + (g + weight_decay*w), the first v = g; w -= lr*v.
struct Sgd {
  double lr = 1e-3;
  double momentum = 0.0;
  double weight_decay = 0.0;
  bool nesterov = false;
  friend bool operator==(const Sgd&, const Sgd&) = default;

  static constexpr std::string_view kName = "sgd";
  static constexpr std::string_view kTorchName = "SGD";
  static constexpr auto fields() {
    return std::tuple(field("lr", &Sgd::lr).within(kLrRange),
                      field("momentum", &Sgd::momentum).within(kMomentumRange).means("dampening 0"),
                      weight_decay_field<Sgd>("added to the gradient of every parameter"),
                      field("nesterov", &Sgd::nesterov).means("needs a momentum above 0"));
  }
};

// torch.optim.Adam and AdamW, without amsgrad. They differ in weight decay: Adam adds it to the gradient,
// AdamW shrinks the weights by it.
struct AdamBase {
  double lr = 1e-3;
  std::array<double, 2> betas{0.9, 0.999};
  double eps = 1e-8;
  friend bool operator==(const AdamBase&, const AdamBase&) = default;

  static constexpr auto adam_fields() {
    return std::tuple(field("lr", &AdamBase::lr).within(kLrRange),
                      field("betas", &AdamBase::betas).within(kMomentumRange),
                      field("eps", &AdamBase::eps).within(1e-30, 1));
  }
};
struct Adam : AdamBase {
  double weight_decay = 0.0;
  friend bool operator==(const Adam&, const Adam&) = default;

  static constexpr std::string_view kName = "adam";
  static constexpr std::string_view kTorchName = "Adam";
  static constexpr auto fields() {
    return std::tuple_cat(adam_fields(), std::tuple(weight_decay_field<Adam>("added to the gradient")));
  }
};
struct AdamW : AdamBase {
  double weight_decay = 1e-2;
  friend bool operator==(const AdamW&, const AdamW&) = default;

  static constexpr std::string_view kName = "adamw";
  static constexpr std::string_view kTorchName = "AdamW";
  static constexpr auto fields() {
    return std::tuple_cat(adam_fields(), std::tuple(weight_decay_field<AdamW>("shrinks the weights")));
  }
};

// torch.optim.RMSprop: v = alpha*v + (1-alpha)*g^2; w -= lr*b with b = momentum*b + g/(sqrt(v) + eps). If
// centered, the square of the gradient's own average is subtracted from v under the root.
struct RmsProp {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0.0;
  double momentum = 0.0;
  bool centered = false;
  friend bool operator==(const RmsProp&, const RmsProp&) = default;

  static constexpr std::string_view kName = "rmsprop";
  static constexpr std::string_view kTorchName = "RMSprop";
  static constexpr auto fields() {
    return std::tuple(
        field("lr", &RmsProp::lr).within(kLrRange),
        field("alpha", &RmsProp::alpha).within(kMomentumRange).means("what the average of the squares keeps"),
        field("eps", &RmsProp::eps).within(1e-30, 1), weight_decay_field<RmsProp>("added to the gradient"),
        field("momentum", &RmsProp::momentum).within(kMomentumRange),
        field("centered", &RmsProp::centered)
            .means("divides by the standard deviation, not the root mean square"));
  }
};

using Optimizer = std::variant<Sgd, Adam, AdamW, RmsProp>;

std::string_view name_of(const Optimizer& optimizer);  // "sgd", as in recipes
double lr_of(const Optimizer& optimizer);
double momentum_of(const Optimizer& optimizer);  // Adam's is beta1; schedules treat both alike

struct ConstantLr {
  friend bool operator==(const ConstantLr&, const ConstantLr&) = default;

  static constexpr std::string_view kName = "none";
  static constexpr std::string_view kTorchName = "";
  static constexpr auto fields() { return std::tuple(); }
};

// torch.optim.lr_scheduler.StepLR, stepped once per epoch: lr * gamma^floor(epoch / step_size).
struct StepLr {
  int step_size = 1;
  double gamma = 0.1;
  friend bool operator==(const StepLr&, const StepLr&) = default;

  static constexpr std::string_view kName = "step_lr";
  static constexpr std::string_view kTorchName = "StepLR";
  static constexpr auto fields() {
    return std::tuple(
        field("step_size", &StepLr::step_size).required().within(1, kMaxEpochs).in("epochs"),
        field("gamma", &StepLr::gamma).within(kGammaRange).means("the rate's factor at each step"));
  }
};

// MultiStepLR, stepped once per epoch: lr * gamma^(how many milestones the epoch has reached).
struct MultiStepLr {
  std::vector<int> milestones;  // epochs, ascending
  double gamma = 0.1;
  friend bool operator==(const MultiStepLr&, const MultiStepLr&) = default;

  static constexpr std::string_view kName = "multi_step_lr";
  static constexpr std::string_view kTorchName = "MultiStepLR";
  static constexpr auto fields() {
    return std::tuple(
        field("milestones", &MultiStepLr::milestones).required().within(1, kMaxEpochs).in("epochs"),
        field("gamma", &MultiStepLr::gamma).within(kGammaRange).means("the rate's factor at each milestone"));
  }
};

// ExponentialLR, stepped once per epoch: lr * gamma^epoch.
struct ExponentialLr {
  double gamma = 1;
  friend bool operator==(const ExponentialLr&, const ExponentialLr&) = default;

  static constexpr std::string_view kName = "exponential_lr";
  static constexpr std::string_view kTorchName = "ExponentialLR";
  static constexpr auto fields() {
    return std::tuple(field("gamma", &ExponentialLr::gamma)
                          .required()
                          .within(kGammaRange)
                          .means("the rate's factor at each epoch"));
  }
};

// CosineAnnealingLR, stepped once per epoch: eta_min + (lr - eta_min) * (1 + cos(pi * epoch / t_max)) / 2.
struct CosineAnnealingLr {
  std::optional<int> t_max = std::nullopt;  // none: the training's epochs
  double eta_min = 0;
  friend bool operator==(const CosineAnnealingLr&, const CosineAnnealingLr&) = default;

  static constexpr std::string_view kName = "cosine_annealing_lr";
  static constexpr std::string_view kTorchName = "CosineAnnealingLR";
  static constexpr auto fields() {
    return std::tuple(field("t_max", &CosineAnnealingLr::t_max)
                          .within(1, kMaxEpochs)
                          .in("epochs")
                          .or_word("epochs")
                          .means("`\"epochs\"` is the training's length, whatever `--epochs` makes it"),
                      field("eta_min", &CosineAnnealingLr::eta_min)
                          .within(NumberRange::right_open(0, 1e6))
                          .means("the rate goes from `lr` to `eta_min` in `t_max` epochs"));
  }
};

// CosineAnnealingWarmRestarts, stepped once per epoch: cosine annealing in t_0 epochs, then from the start
// again, each time in t_mult times as many.
struct CosineAnnealingWarmRestarts {
  int t_0 = 1;
  int t_mult = 1;
  double eta_min = 0;
  friend bool operator==(const CosineAnnealingWarmRestarts&, const CosineAnnealingWarmRestarts&) = default;

  static constexpr std::string_view kName = "cosine_annealing_warm_restarts";
  static constexpr std::string_view kTorchName = "CosineAnnealingWarmRestarts";
  static constexpr auto fields() {
    using Spec = CosineAnnealingWarmRestarts;
    return std::tuple(
        field("t_0", &Spec::t_0).required().within(1, kMaxEpochs).in("epochs").means("of the first cycle"),
        field("t_mult", &Spec::t_mult).within(1, 1000).means("a cycle's length, of the one before"),
        field("eta_min", &Spec::eta_min)
            .within(NumberRange::right_open(0, 1e6))
            .means("each cycle goes from `lr` towards `eta_min`"));
  }
};

// The fields of the schedules that may set the momentum too.
template <typename Cycle>
constexpr auto momentum_fields() {
  return std::tuple(field("cycle_momentum", &Cycle::cycle_momentum)
                        .means("momentum (of Adam: beta 1) falls as the rate rises"),
                    field("base_momentum", &Cycle::base_momentum).within(kMomentumRange),
                    field("max_momentum", &Cycle::max_momentum).within(kMomentumRange));
}

// OneCycleLR over all batches of the training, stepped once per batch: up to max_lr and then down to almost
// zero, momentum in the opposite direction. It sets the learning rate, so the optimiser's own has no effect.
struct OneCycleLr {
  enum class Anneal { kCos, kLinear };
  friend constexpr std::string_view name_of(Anneal anneal) {
    switch (anneal) {
      case Anneal::kCos:
        return "cos";
      case Anneal::kLinear:
        return "linear";
    }
    return "";
  }
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

  static constexpr std::string_view kName = "one_cycle_lr";
  static constexpr std::string_view kTorchName = "OneCycleLR";
  static constexpr auto fields() {
    constexpr NumberRange kFactor = NumberRange::left_open(0, 1e9);
    return std::tuple_cat(
        std::tuple(
            field("max_lr", &OneCycleLr::max_lr)
                .required()
                .within(kLrRange)
                .means("by batches; `total_steps` is the number of all batches"),
            field("pct_start", &OneCycleLr::pct_start).within(0, 1).means("the rising part of the training"),
            field("anneal_strategy", &OneCycleLr::anneal_strategy)),
        momentum_fields<OneCycleLr>(),
        std::tuple(field("div_factor", &OneCycleLr::div_factor)
                       .within(kFactor)
                       .means("starts at max_lr / div_factor"),
                   field("final_div_factor", &OneCycleLr::final_div_factor)
                       .within(kFactor)
                       .means("ends at max_lr / div_factor / final_div_factor"),
                   field("three_phase", &OneCycleLr::three_phase)));
  }
};

// CyclicLR, stepped once per batch: a sawtooth of step_size_up and step_size_down batches. It also sets the
// learning rate.
struct CyclicLr {
  enum class Mode { kTriangular, kTriangular2, kExpRange };
  friend constexpr std::string_view name_of(Mode value) {
    switch (value) {
      case Mode::kTriangular:
        return "triangular";
      case Mode::kTriangular2:
        return "triangular2";
      case Mode::kExpRange:
        return "exp_range";
    }
    return "";
  }
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

  static constexpr std::string_view kName = "cyclic_lr";
  static constexpr std::string_view kTorchName = "CyclicLR";
  static constexpr auto fields() {
    return std::tuple_cat(
        std::tuple(field("base_lr", &CyclicLr::base_lr).required().within(kLrRange).means("by batches"),
                   field("max_lr", &CyclicLr::max_lr).required().within(kLrRange),
                   field("step_size_up", &CyclicLr::step_size_up).within(1, kMaxBatches).in("batches"),
                   field("step_size_down", &CyclicLr::step_size_down)
                       .like(&CyclicLr::step_size_up)
                       .within(1, kMaxBatches)
                       .in("batches"),
                   field("mode", &CyclicLr::mode),
                   field("gamma", &CyclicLr::gamma)
                       .within(NumberRange::left_open(0, 1))
                       .means("of `exp_range`: the amplitude's factor per batch")),
        momentum_fields<CyclicLr>());
  }
};

using LrScheduler = std::variant<ConstantLr, StepLr, MultiStepLr, ExponentialLr, CosineAnnealingLr,
                                 CosineAnnealingWarmRestarts, OneCycleLr, CyclicLr>;

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

// torchvision.transforms.v2.MixUp (Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: Beyond empirical risk
// minimization", ICLR 2018): each batch has a share from Beta(alpha, alpha), and every image and its target
// become that share of their own and the rest of the previous image's in the batch.
struct MixUp {
  double alpha = 1;
  friend bool operator==(const MixUp&, const MixUp&) = default;
};
inline constexpr NumberRange kMixUpAlphaRange = NumberRange::closed(0.01, 1e3);

// Distillation: the loss's other part is the divergence from what teachers say of the same images, as they
// are augmented. kernels::Distillation has the formula; of several teachers the probabilities' mean counts.
struct Teacher {
  std::string source;          // the folder of a run, or a recipe that is to be trained first
  std::string weights_sha256;  // of its weights; empty until it is resolved
  friend bool operator==(const Teacher&, const Teacher&) = default;
};
// Whether `source` is to be found from where the recipe is, not among Rung's own recipes.
inline bool is_file_name(const Teacher& teacher) {
  return teacher.source.find('/') != std::string::npos || teacher.source.ends_with(".toml");
}
// Whether it is trained first.
inline bool is_recipe(const Teacher& teacher) {
  return !is_file_name(teacher) || teacher.source.ends_with(".toml");
}
struct Distill {
  std::vector<Teacher> teachers;  // at least one
  double temperature = 4;
  double weight = 0.5;
  friend bool operator==(const Distill&, const Distill&) = default;
};
inline constexpr NumberRange kTemperatureRange = NumberRange::closed(0.01, 1000);
inline constexpr size_t kMostTeachers = 16;

// Quantisation-aware training (Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference", 2018): batches are computed with weights rounded to so many bits, and
// their gradient is taken for that of the weights themselves (the straight-through estimator).
inline constexpr std::array kWeightBits{8, 4, 2};
struct Quantize {
  int weight_bits = 8;  // 8, 4 or 2
  friend bool operator==(const Quantize&, const Quantize&) = default;
};

struct Training {
  int epochs = 1;
  int batch_size = 128;
  Optimizer optimizer;
  LrScheduler lr_scheduler;
  std::optional<LrWarmup> lr_warmup = std::nullopt;
  kernels::Precision precision = kernels::Precision::kFloat32;
  double label_smoothing = 0;  // CrossEntropyLoss's
  std::optional<Ema> ema = std::nullopt;
  std::optional<ClassWeights> class_weights = std::nullopt;
  std::optional<MixUp> mixup = std::nullopt;
  std::optional<Distill> distill = std::nullopt;    // not together with class_weights
  std::optional<Quantize> quantize = std::nullopt;  // not together with ema
  friend bool operator==(const Training&, const Training&) = default;
};

// Of the integers that a model so trained is exported in, unless they are chosen.
inline int weight_bits_of(const Training& training) {
  return training.quantize ? training.quantize->weight_bits : kWeightBits.front();
}

}  // namespace rung::optim

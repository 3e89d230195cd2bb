// Cross-entropy for 16 images at once, one class after the other. exp and log are Highway's, not the
// system's, so that every machine computes the same bits.
#include "kernels/loss.h"

#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/loss.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// Of a teacher's probabilities: a smaller one contributes nothing to a divergence in float32.
constexpr float kLeastProbability = 1e-30F;

struct Maximum {
  V value;
  V index;
};

Maximum maximum(const float* logits, int classes, size_t part) {
  const D d;
  Maximum best{hn::Load(d, logits + part), hn::Zero(d)};
  for (int k = 1; k < classes; ++k) {
    const V logit = hn::Load(d, logits + static_cast<size_t>(k) * kLanes + part);
    const M better = hn::Gt(logit, best.value);
    best.value = hn::IfThenElse(better, logit, best.value);
    best.index = hn::IfThenElse(better, hn::Set(d, static_cast<float>(k)), best.index);
  }
  return best;
}

// The target probabilities.
struct Target {
  float both;   // at the label, where the other label is the same
  float label;  // else at the label
  float other;  // at the other label
  float rest;   // elsewhere
};

Target target_of(const LossOptions& options, int classes) {
  const float rest = options.label_smoothing / static_cast<float>(classes);
  const float hot = 1.0F - options.label_smoothing;
  return {hot + rest, hot * options.label_share + rest, hot * (1.0F - options.label_share) + rest, rest};
}

float weight_of(const LossOptions& options, int k) {
  return options.class_weights == nullptr ? 1.0F : options.class_weights[k];
}

float image_weight(const LossOptions& options, size_t lane) {
  return options.image_weights == nullptr ? 1.0F : options.image_weights[lane];
}

// What is left to the labels.
float hard_share(const LossOptions& options) {
  return options.distillation ? 1.0F - options.distillation->weight : 1.0F;
}

// The mean of a value of the classes under the one-hot part of the target.
template <typename Value>
double at_labels(const LossOptions& options, int label, size_t lane, Value value) {
  if (options.other_labels == nullptr) return value(label);
  const double share = options.label_share;
  return share * value(label) + (1 - share) * value(options.other_labels[lane]);
}

// The sum of an image's target over the classes, by its label. `all` is that of the classes' weights.
double target_sum(const LossOptions& options, int classes, double all, int label, size_t lane) {
  if (options.class_weights == nullptr) return 1;
  const double smoothing = options.label_smoothing;
  const double hot = at_labels(options, label, lane, [&](int k) { return double{options.class_weights[k]}; });
  return (1 - smoothing) * hot + smoothing * all / classes;
}

// What the images of a block are to be classified as.
struct Wanted {
  alignas(64) std::array<float, kLanes> label{};
  alignas(64) std::array<float, kLanes> other_label{};
  alignas(64) std::array<float, kLanes> target_sum{};  // without the image's weight
  alignas(64) std::array<float, kLanes> scale{};       // of the gradient, with the image's weight
};

Wanted wanted_of(const uint8_t* labels, int classes, int lanes, double all_weights,
                 const LossOptions& options) {
  Wanted wanted;
  for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane) {
    wanted.label[lane] = labels[lane];
    wanted.other_label[lane] = options.other_labels == nullptr ? labels[lane] : options.other_labels[lane];
    wanted.target_sum[lane] =
        static_cast<float>(target_sum(options, classes, all_weights, labels[lane], lane));
    wanted.scale[lane] = options.scale * hard_share(options) * image_weight(options, lane);
  }
  return wanted;
}

// Probabilities times the target's sum, minus the target, times scale; zeros in the lanes without an image.
// (Without weights all factors are 1, which changes no bit.)
void gradient(const float* logits, int classes, const Wanted& all, int lanes, const LossOptions& options,
              V peak, V sum, size_t part, float* dlogits) {
  const D d;
  const int left = lanes - static_cast<int>(part);
  const Target target = target_of(options, classes);
  const M valid = hn::FirstN(d, static_cast<size_t>(left < 0 ? 0 : left));
  const V target_sum = hn::Load(d, all.target_sum.data() + part);
  const V scale = hn::Load(d, all.scale.data() + part);
  for (int k = 0; k < classes; ++k) {
    const size_t at = static_cast<size_t>(k) * kLanes + part;
    const V probability = hn::Div(hn::Exp(d, hn::Sub(hn::Load(d, logits + at), peak)), sum);
    const V this_class = hn::Set(d, static_cast<float>(k));
    const M is_label = hn::Eq(hn::Load(d, all.label.data() + part), this_class);
    const M is_other = hn::Eq(hn::Load(d, all.other_label.data() + part), this_class);
    const float weight = weight_of(options, k);
    const auto either = [&](float where_other, float where_not) {
      return hn::IfThenElse(is_other, hn::Set(d, where_other * weight), hn::Set(d, where_not * weight));
    };
    const V wanted =
        hn::IfThenElse(is_label, either(target.both, target.label), either(target.other, target.rest));
    const V difference = hn::Sub(hn::Mul(probability, target_sum), wanted);
    hn::Store(hn::IfThenElseZero(valid, hn::Mul(difference, scale)), d, dlogits + at);
  }
}

// The logits' sum under the target; subtracting log-sum-exp times the target's sum gives minus the loss.
double expected_logit(const float* logits, int classes, int label, size_t lane, const LossOptions& options) {
  const auto weighted = [&](int k) {
    return static_cast<double>(logits[static_cast<size_t>(k) * kLanes + lane]) * weight_of(options, k);
  };
  const double at_label = at_labels(options, label, lane, weighted);
  if (options.label_smoothing == 0) return at_label;
  double sum = 0;
  for (int k = 0; k < classes; ++k) sum += weighted(k);
  const double smoothing = options.label_smoothing;
  return (1 - smoothing) * at_label + smoothing * sum / classes;
}

double sum_of_weights(const LossOptions& options, int classes) {
  double sum = 0;
  for (int k = 0; k < classes; ++k) sum += weight_of(options, k);
  return sum;
}

// exp(logits / temperature), of one class, and summed over the classes.
V cooled_exp(const float* logits, V peak, V inverse) {
  const D d;
  return hn::Exp(d, hn::Mul(hn::Sub(hn::Load(d, logits), peak), inverse));
}

V cooled_sum(const float* logits, int classes, V peak, V inverse, size_t part) {
  V sum = hn::Zero(D());
  for (int k = 0; k < classes; ++k)
    sum = hn::Add(sum, cooled_exp(logits + static_cast<size_t>(k) * kLanes + part, peak, inverse));
  return sum;
}

void add_probabilities_of(const float* logits, int classes, float temperature, float share,
                          float* probabilities) {
  const D d;
  const V inverse = hn::Set(d, 1.0F / temperature);
  for (size_t part = 0; part < kLanes; part += kVector) {
    const V peak = maximum(logits, classes, part).value;
    const V factor = hn::Div(hn::Set(d, share), cooled_sum(logits, classes, peak, inverse, part));
    for (int k = 0; k < classes; ++k) {
      const size_t at = static_cast<size_t>(k) * kLanes + part;
      const V more = hn::Mul(cooled_exp(logits + at, peak, inverse), factor);
      hn::Store(hn::Add(hn::Load(d, probabilities + at), more), d, probabilities + at);
    }
  }
}

// Adds the gradient towards the teacher; `loss` [16] gets the images' divergences, with all factors.
void distil(const float* logits, int classes, int lanes, const LossOptions& options, float* dlogits,
            double* loss) {
  const D d;
  const Distillation& distillation = *options.distillation;
  const float weight = distillation.weight * distillation.temperature;
  const V inverse = hn::Set(d, 1.0F / distillation.temperature);
  alignas(64) std::array<float, kLanes> scale{};
  alignas(64) std::array<float, kLanes> divergence{};
  for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane)
    scale[lane] = options.scale * weight * image_weight(options, lane);
  for (size_t part = 0; part < kLanes; part += kVector) {
    const V peak = maximum(logits, classes, part).value;
    const V sum = cooled_sum(logits, classes, peak, inverse, part);
    const V log_sum = hn::Log(d, sum);
    V total = hn::Zero(d);
    for (int k = 0; k < classes; ++k) {
      const size_t at = static_cast<size_t>(k) * kLanes + part;
      const V wanted = hn::Load(d, distillation.teacher + at);
      const V log_probability = hn::Sub(hn::Mul(hn::Sub(hn::Load(d, logits + at), peak), inverse), log_sum);
      // Where the teacher's probability has vanished, so has the class's part of the divergence.
      const M counts = hn::Gt(wanted, hn::Set(d, kLeastProbability));
      const V ratio = hn::Sub(hn::Log(d, hn::IfThenElse(counts, wanted, hn::Set(d, 1.0F))), log_probability);
      total = hn::Add(total, hn::IfThenElseZero(counts, hn::Mul(wanted, ratio)));
      if (dlogits == nullptr) continue;
      const V probability = hn::Div(cooled_exp(logits + at, peak, inverse), sum);
      const V more = hn::Mul(hn::Sub(probability, wanted), hn::Load(d, scale.data() + part));
      hn::Store(hn::Add(hn::Load(d, dlogits + at), more), d, dlogits + at);
    }
    hn::Store(total, d, divergence.data() + part);
  }
  for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane)
    loss[lane] = double{weight} * distillation.temperature * image_weight(options, lane) * divergence[lane];
}

BlockLoss loss(const float* logits, int classes, const uint8_t* labels, int lanes, const LossOptions& options,
               uint8_t* predicted, float* dlogits) {
  const D d;
  alignas(64) std::array<float, kLanes> log_sum{};
  alignas(64) std::array<float, kLanes> best_class{};
  const double all_weights = sum_of_weights(options, classes);
  const Wanted wanted = wanted_of(labels, classes, lanes, all_weights, options);
  for (size_t part = 0; part < kLanes; part += kVector) {
    const Maximum best = maximum(logits, classes, part);
    V sum = hn::Zero(d);
    for (int k = 0; k < classes; ++k)
      sum = hn::Add(
          sum, hn::Exp(d, hn::Sub(hn::Load(d, logits + static_cast<size_t>(k) * kLanes + part), best.value)));
    hn::Store(hn::Add(hn::Log(d, sum), best.value), d, log_sum.data() + part);
    hn::Store(best.index, d, best_class.data() + part);
    if (dlogits != nullptr) gradient(logits, classes, wanted, lanes, options, best.value, sum, part, dlogits);
  }
  std::array<double, kLanes> divergence{};
  if (options.distillation) distil(logits, classes, lanes, options, dlogits, divergence.data());
  const auto& counted = options.label_share < 0.5F ? wanted.other_label : wanted.label;
  BlockLoss total;
  for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane) {
    const double of_image = target_sum(options, classes, all_weights, labels[lane], lane) * log_sum[lane] -
                            expected_logit(logits, classes, labels[lane], lane, options);
    total.loss += hard_share(options) * image_weight(options, lane) * of_image + divergence[lane];
    total.correct += best_class[lane] == counted[lane] ? 1 : 0;
    if (predicted != nullptr) predicted[lane] = static_cast<uint8_t>(best_class[lane]);
  }
  return total;
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(loss);
HWY_EXPORT(add_probabilities_of);

BlockLoss cross_entropy(const float* logits, int classes, const uint8_t* labels, int lanes,
                        const LossOptions& options, uint8_t* predicted, float* dlogits) {
  return HWY_DYNAMIC_DISPATCH(loss)(logits, classes, labels, lanes, options, predicted, dlogits);
}

void add_probabilities(const float* logits, int classes, float temperature, float share,
                       float* probabilities) {
  HWY_DYNAMIC_DISPATCH(add_probabilities_of)(logits, classes, temperature, share, probabilities);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

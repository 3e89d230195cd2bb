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
  float label;  // at the label
  float other;  // elsewhere
};

Target target_of(const LossOptions& options, int classes) {
  const float other = options.label_smoothing / static_cast<float>(classes);
  return {1.0F - options.label_smoothing + other, other};
}

float weight_of(const LossOptions& options, int k) {
  return options.class_weights == nullptr ? 1.0F : options.class_weights[k];
}

// The sum of an image's target over the classes, by its label. `all` is that of the classes' weights.
double target_sum(const LossOptions& options, int classes, double all, int label) {
  if (options.class_weights == nullptr) return 1;
  const double smoothing = options.label_smoothing;
  return (1 - smoothing) * options.class_weights[label] + smoothing * all / classes;
}

// Probabilities times the target's sum, minus the target, times scale; zeros in the lanes without an image.
// (Without class weights all factors are 1, which changes no bit.)
void gradient(const float* logits, int classes, const float* label, const float* target_sums, int lanes,
              const LossOptions& options, V peak, V sum, size_t part, float* dlogits) {
  const D d;
  const int left = lanes - static_cast<int>(part);
  const Target target = target_of(options, classes);
  const M valid = hn::FirstN(d, static_cast<size_t>(left < 0 ? 0 : left));
  const V target_sum = hn::Load(d, target_sums + part);
  for (int k = 0; k < classes; ++k) {
    const size_t at = static_cast<size_t>(k) * kLanes + part;
    const V probability = hn::Div(hn::Exp(d, hn::Sub(hn::Load(d, logits + at), peak)), sum);
    const M is_label = hn::Eq(hn::Load(d, label + part), hn::Set(d, static_cast<float>(k)));
    const float weight = weight_of(options, k);
    const V wanted =
        hn::IfThenElse(is_label, hn::Set(d, target.label * weight), hn::Set(d, target.other * weight));
    const V difference = hn::Sub(hn::Mul(probability, target_sum), wanted);
    hn::Store(hn::IfThenElseZero(valid, hn::Mul(difference, hn::Set(d, options.scale))), d, dlogits + at);
  }
}

// The logits' sum under the target; subtracting log-sum-exp times the target's sum gives minus the loss.
double expected_logit(const float* logits, int classes, int label, size_t lane, const LossOptions& options) {
  const double at_label =
      static_cast<double>(logits[static_cast<size_t>(label) * kLanes + lane]) * weight_of(options, label);
  if (options.label_smoothing == 0) return at_label;
  double sum = 0;
  for (int k = 0; k < classes; ++k)
    sum += static_cast<double>(logits[static_cast<size_t>(k) * kLanes + lane]) * weight_of(options, k);
  const double smoothing = options.label_smoothing;
  return (1 - smoothing) * at_label + smoothing * sum / classes;
}

double sum_of_weights(const LossOptions& options, int classes) {
  double sum = 0;
  for (int k = 0; k < classes; ++k) sum += weight_of(options, k);
  return sum;
}

BlockLoss loss(const float* logits, int classes, const uint8_t* labels, int lanes, const LossOptions& options,
               uint8_t* predicted, float* dlogits) {
  const D d;
  alignas(64) std::array<float, kLanes> label{};
  alignas(64) std::array<float, kLanes> log_sum{};
  alignas(64) std::array<float, kLanes> best_class{};
  alignas(64) std::array<float, kLanes> target_sums{};
  const double all_weights = sum_of_weights(options, classes);
  for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane) {
    label[lane] = labels[lane];
    target_sums[lane] = static_cast<float>(target_sum(options, classes, all_weights, labels[lane]));
  }
  for (size_t part = 0; part < kLanes; part += kVector) {
    const Maximum best = maximum(logits, classes, part);
    V sum = hn::Zero(d);
    for (int k = 0; k < classes; ++k)
      sum = hn::Add(
          sum, hn::Exp(d, hn::Sub(hn::Load(d, logits + static_cast<size_t>(k) * kLanes + part), best.value)));
    hn::Store(hn::Add(hn::Log(d, sum), best.value), d, log_sum.data() + part);
    hn::Store(best.index, d, best_class.data() + part);
    if (dlogits != nullptr)
      gradient(logits, classes, label.data(), target_sums.data(), lanes, options, best.value, sum, part,
               dlogits);
  }
  BlockLoss total;
  for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane) {
    total.loss += target_sum(options, classes, all_weights, labels[lane]) * log_sum[lane] -
                  expected_logit(logits, classes, labels[lane], lane, options);
    total.correct += best_class[lane] == label[lane] ? 1 : 0;
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

BlockLoss cross_entropy(const float* logits, int classes, const uint8_t* labels, int lanes,
                        const LossOptions& options, uint8_t* predicted, float* dlogits) {
  return HWY_DYNAMIC_DISPATCH(loss)(logits, classes, labels, lanes, options, predicted, dlogits);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

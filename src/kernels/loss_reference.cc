// Cross-entropy from its definition, in double, by the system's exp and log.
#include <algorithm>
#include <cmath>

#include "kernels/loss.h"

namespace rung::kernels::reference {

BlockLoss cross_entropy(const float* logits, int classes, const uint8_t* labels, int lanes,
                        const LossOptions& options, uint8_t* predicted, float* dlogits) {
  const double smoothing = options.label_smoothing;
  const double hard = options.distillation ? 1 - double{options.distillation->weight} : 1;
  BlockLoss total;
  if (dlogits != nullptr) std::fill_n(dlogits, classes * kLanes, 0.0F);
  for (int lane = 0; lane < lanes; ++lane) {
    int best = 0;
    for (int k = 1; k < classes; ++k) {
      if (logits[k * kLanes + lane] > logits[best * kLanes + lane]) best = k;
    }
    const double peak = logits[best * kLanes + lane];
    double sum = 0;
    for (int k = 0; k < classes; ++k) sum += std::exp(logits[k * kLanes + lane] - peak);
    const int label = labels[lane];
    const int other = options.other_labels == nullptr ? label : options.other_labels[lane];
    const double share = options.label_share;
    const auto target = [&](int k) {
      const double weight = (options.class_weights == nullptr ? 1 : options.class_weights[k]) *
                            (options.image_weights == nullptr ? 1 : options.image_weights[lane]);
      const double hot = (k == label ? share : 0) + (k == other ? 1 - share : 0);
      return hard * weight * (smoothing / classes + (1 - smoothing) * hot);
    };
    double target_sum = 0;
    for (int k = 0; k < classes; ++k) target_sum += target(k);
    for (int k = 0; k < classes; ++k) {
      total.loss -= target(k) * (logits[k * kLanes + lane] - peak - std::log(sum));
      if (dlogits == nullptr) continue;
      const double probability = std::exp(logits[k * kLanes + lane] - peak) / sum;
      dlogits[k * kLanes + lane] = static_cast<float>((target_sum * probability - target(k)) * options.scale);
    }
    if (options.distillation) {
      const Distillation& distillation = *options.distillation;
      const double temperature = distillation.temperature;
      const double image = options.image_weights == nullptr ? 1 : options.image_weights[lane];
      double cooled = 0;
      for (int k = 0; k < classes; ++k) cooled += std::exp((logits[k * kLanes + lane] - peak) / temperature);
      for (int k = 0; k < classes; ++k) {
        const double log_probability = (logits[k * kLanes + lane] - peak) / temperature - std::log(cooled);
        const double wanted = distillation.teacher[k * kLanes + lane];
        const double factor = image * distillation.weight * temperature;
        if (wanted > 0) total.loss += factor * temperature * wanted * (std::log(wanted) - log_probability);
        if (dlogits == nullptr) continue;
        dlogits[k * kLanes + lane] +=
            static_cast<float>(factor * (std::exp(log_probability) - wanted) * options.scale);
      }
    }
    total.correct += best == (share < 0.5 ? other : label) ? 1 : 0;
    if (predicted != nullptr) predicted[lane] = static_cast<uint8_t>(best);
  }
  return total;
}

}  // namespace rung::kernels::reference

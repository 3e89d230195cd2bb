#include "report/predictions.h"

#include <algorithm>
#include <span>

#include "nn/inference.h"
#include "train/logits.h"

namespace rung::report {

Predictions predict(const nn::Plan& plan, const nn::Weights& weights, const data::DatasetSpec& normalisation,
                    const data::Split& split, ThreadPool& pool) {
  nn::Inference inference(plan, pool);
  const std::vector<float> logits = train::logits_of(split.images(), normalisation, inference, weights);
  const auto classes = static_cast<size_t>(plan.classes);
  Predictions result{.classes = plan.classes, .predicted = {}, .confidence = {}, .given_true = {}};
  for (size_t image = 0; image < split.labels.size(); ++image) {
    const std::vector<double> p = train::softmax(std::span(logits).subspan(image * classes, classes));
    const auto best = std::ranges::max_element(p);
    result.predicted.push_back(static_cast<uint8_t>(best - p.begin()));
    result.confidence.push_back(static_cast<float>(*best));
    result.given_true.push_back(static_cast<float>(p[split.labels[image]]));
  }
  return result;
}

}  // namespace rung::report

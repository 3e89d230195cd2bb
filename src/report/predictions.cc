#include "report/predictions.h"

#include <algorithm>
#include <cmath>

#include "kernels/layout.h"
#include "nn/inference.h"
#include "train/batches.h"

namespace rung::report {
namespace {

using kernels::kLanes;

// Softmax of one lane's logits [classes][16].
std::vector<double> probabilities(const float* logits, int classes, size_t lane) {
  std::vector<double> values;
  for (int k = 0; k < classes; ++k) values.push_back(logits[static_cast<size_t>(k) * kLanes + lane]);
  const double peak = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double& value : values) sum += value = std::exp(value - peak);
  for (double& value : values) value /= sum;
  return values;
}

}  // namespace

Predictions predict(const nn::Plan& plan, const nn::Weights& weights, const data::DatasetSpec& normalisation,
                    const data::Split& split, ThreadPool& pool) {
  const auto count = static_cast<size_t>(split.count);
  Predictions result{.classes = plan.classes,
                     .predicted = std::vector<uint8_t>(count),
                     .confidence = std::vector<float>(count),
                     .given_true = std::vector<float>(count)};
  train::BlockLoader loader(split, normalisation);
  nn::Inference inference(plan, pool);
  inference.run(weights, split.count, loader.in_order(0), [&](int block, int lanes, const float* logits) {
    for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane) {
      const size_t image = static_cast<size_t>(block) * kLanes + lane;
      const std::vector<double> p = probabilities(logits, plan.classes, lane);
      const auto best = std::max_element(p.begin(), p.end());
      result.predicted[image] = static_cast<uint8_t>(best - p.begin());
      result.confidence[image] = static_cast<float>(*best);
      result.given_true[image] = static_cast<float>(p[split.labels[image]]);
    }
  });
  return result;
}

}  // namespace rung::report

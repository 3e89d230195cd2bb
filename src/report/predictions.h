// A model's predictions for labelled images.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_pool.h"
#include "data/data_spec.h"
#include "data/dataset.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::report {

struct Predictions {
  int classes = 0;
  std::vector<uint8_t> predicted;  // [N]
  std::vector<float> confidence;   // [N], the predicted class's probability
  std::vector<float> given_true;   // [N], the true class's probability
};

Predictions predict(const nn::Plan& plan, const nn::Weights& weights, const data::DatasetSpec& normalisation,
                    const data::Split& split, ThreadPool& pool);

}  // namespace rung::report

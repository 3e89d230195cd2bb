// The integer form of a run's model: ranges measured on its training images, and how it does on labelled
// ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "data/data_spec.h"
#include "nn/model_spec.h"
#include "nn/weights.h"
#include "quantise/integer_model.h"
#include "train/evaluator.h"

namespace rung::train {

struct Calibrated {
  quantise::IntegerModel model;
  double clipped = 0;  // the share of activations beyond the ranges, at either end
  double loss = 0;     // of the integer model, on the images that chose that share
};

// Measures the ranges on the first kRangeImages of `training`, and takes that of a few shares to clip whose
// integer model has the least loss on up to kChoiceImages that follow. Throws Unquantisable.
inline constexpr int kRangeImages = 512;
inline constexpr int kChoiceImages = 2'000;
Calibrated calibrate(const nn::ModelSpec& model, const nn::Weights& weights,
                     const data::DatasetSpec& normalisation, const ImageRange& training, int weight_bits,
                     ThreadPool& pool);

struct IntegerEvaluation {
  int correct = 0;
  double loss = 0;                 // mean cross-entropy
  std::vector<uint8_t> predicted;  // [images]
};
IntegerEvaluation evaluate(const quantise::IntegerModel& model, const ImageRange& images, ThreadPool& pool);

}  // namespace rung::train

// The learning-rate range test (Smith, "Cyclical learning rates for training neural networks", 2017): a short
// training whose rate rises exponentially from batch to batch; where the loss falls fastest, the rate is
// good. The rules are those of PyTorch Lightning's lr_find.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "data/dataset.h"
#include "train/trainer.h"

namespace rung::train {

struct LrRange {
  double min_lr = 1e-5;
  double max_lr = 10;
  int batches = 200;  // at least 2
};

struct LrPoint {
  double lr = 0;
  double loss = 0;      // of the batch
  double smoothed = 0;  // exponential moving average, corrected for its start
};

// Trains from the experiment's initial weights, with its optimiser, momentum and augmentation, but with rates
// from min_lr to max_lr, over as many epochs as the batches take. Ends early when the smoothed loss is four
// times its lowest, or a loss is not finite.
std::vector<LrPoint> test_lr_range(const Experiment& experiment, const data::Dataset& data, ThreadPool& pool,
                                   const LrRange& range);

// The shortest curve that can be judged: two points beside the first ten and the last, which do not count.
inline constexpr size_t kShortestCurve = 13;

// Where the smoothed loss falls fastest against the logarithm of the rate, without the first ten points and
// the last; none if the curve is too short or never falls.
std::optional<LrPoint> suggested(std::span<const LrPoint> curve);

}  // namespace rung::train

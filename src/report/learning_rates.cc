#include "report/learning_rates.h"

#include <algorithm>

#include "optim/lr_schedule.h"

namespace rung::report {

double learning_rate(const optim::Training& training, int64_t batches_per_epoch, int64_t batch) {
  return optim::rates_at(training, {.epoch = static_cast<int>(batch / batches_per_epoch),
                                    .step = batch,
                                    .steps = training.epochs * batches_per_epoch})
      .lr;
}

Points learning_rates(const optim::Training& training, int64_t batches_per_epoch, int epochs) {
  constexpr int64_t kMost = 1000;
  const int64_t batches = epochs * batches_per_epoch;
  const int64_t stride = (batches + kMost - 1) / kMost;
  Points points;
  const auto add = [&](double x, double lr) {
    const size_t size = points.size();
    const bool level = size > 1 && points[size - 1].second == lr && points[size - 2].second == lr;
    if (level) points.pop_back();
    points.emplace_back(x, lr);
  };
  const auto epochs_at = [&](int64_t batch) {
    return static_cast<double>(batch) / static_cast<double>(batches_per_epoch);
  };
  for (int64_t batch = 0; batch < batches; batch += stride)
    add(epochs_at(batch), learning_rate(training, batches_per_epoch, batch));
  add(epochs, learning_rate(training, batches_per_epoch, batches - 1));
  return points;
}

}  // namespace rung::report

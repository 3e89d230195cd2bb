// One of every optimiser and of every schedule, with options that are not the defaults, as far as it has any.
// The schedules fit 4 epochs of 10 batches.
#pragma once

#include <vector>

#include "every_row.h"
#include "optim/training_spec.h"

namespace rung::testing {

inline std::vector<optim::Optimizer> every_optimizer() {
  using namespace optim;
  return every_row<Optimizer>(Sgd{0.1, 0.9, 5e-4, true}, Adam{{1e-2, {0.8, 0.99}, 1e-7}, 0.25},
                              AdamW{{1e-2, {0.8, 0.99}, 1e-7}, 0.25},
                              RmsProp{0.1, 0.9, 1e-7, 0.25, 0.5, true});
}

inline std::vector<optim::LrScheduler> every_lr_scheduler() {
  using namespace optim;
  return every_row<LrScheduler>(
      ConstantLr{}, StepLr{3, 0.7}, MultiStepLr{{1, 3}, 0.3}, ExponentialLr{0.9}, CosineAnnealingLr{3, 1e-5},
      CosineAnnealingWarmRestarts{1, 3, 1e-5},
      OneCycleLr{0.1, 0.4, OneCycleLr::Anneal::kLinear, true, 0.1, 0.2, 7, 9, true},
      CyclicLr{0.1, 0.2, 15, 25, CyclicLr::Mode::kTriangular2, 0.99, true, 0.1, 0.2});
}

}  // namespace rung::testing

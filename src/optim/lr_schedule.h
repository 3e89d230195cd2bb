// Learning-rate schedules (torch.optim.lr_scheduler), as functions of the training's position: nothing to
// store, and a resumed run continues with the same bits.
#pragma once

#include <cstdint>

#include "optim/training_spec.h"

namespace rung::optim {

// A batch's place in the training.
struct Place {
  int epoch = 0;      // from 0
  int64_t step = 0;   // batches before this one, over all epochs
  int64_t steps = 1;  // batches of the whole training
};

// The rates that one step of the optimiser uses. Momentum is beta1 for Adam.
struct Rates {
  double lr = 0;
  double momentum = 0;
  friend bool operator==(const Rates&, const Rates&) = default;
};

// Precondition: 0 <= place.step < place.steps.
Rates rates_at(const Training& training, const Place& place);

// How many batches the warm-up takes: at least one.
int64_t warmup_batches(const LrWarmup& warmup, double batches_per_epoch);

// Where an epoch, from 0, lies: the epoch within its cycle, and the cycle's length.
struct RestartCycle {
  int64_t epoch = 0;
  int64_t length = 1;
};
RestartCycle cycle_at(const CosineAnnealingWarmRestarts& schedule, int64_t epoch);

}  // namespace rung::optim

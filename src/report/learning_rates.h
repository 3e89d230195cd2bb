// The learning rate batch by batch, as a recipe's schedule and warm-up give it. A run's record has only the
// rate of each epoch's last batch.
#pragma once

#include <cstdint>

#include "optim/training_spec.h"
#include "report/page.h"

namespace rung::report {

// The rate of a batch, counted from 0 over all epochs. Precondition: the training has such a batch.
double learning_rate(const optim::Training& training, int64_t batches_per_epoch, int64_t batch);

// Of the first `epochs` epochs, as points to draw: x is the number of finished epochs when the batch begins,
// and at the end their total. At most about 1,000 batches, evenly spread; of equal neighbours only the first
// and the last.
Points learning_rates(const optim::Training& training, int64_t batches_per_epoch, int epochs);

}  // namespace rung::report

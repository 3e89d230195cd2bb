// The numbers of a training that a search changes.
#pragma once

#include "optim/training_spec.h"

namespace rung::search {

// The schedule's largest learning rate where the schedule sets it, otherwise the optimiser's.
double largest_lr(const optim::Training& training);

void set_largest_lr(optim::Training& training, double lr);
double weight_decay_of(const optim::Training& training);
void set_weight_decay(optim::Training& training, double weight_decay);

// Another number of epochs, with what the schedule and the warm-up count in epochs or batches scaled
// likewise.
void set_epochs(optim::Training& training, int epochs);

}  // namespace rung::search

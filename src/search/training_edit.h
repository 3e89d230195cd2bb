// The numbers of a training that a search changes.
#pragma once

#include "optim/training_spec.h"

namespace rung::search {

// The schedule's largest learning rate where the schedule sets it, otherwise the optimiser's.
double largest_lr(const optim::Training& training);

// The training with all its learning rates multiplied, or with another weight decay.
void scale_lr(optim::Training& training, double factor);
double weight_decay_of(const optim::Training& training);
void set_weight_decay(optim::Training& training, double weight_decay);

}  // namespace rung::search

// Learning-rate schedules (torch.optim.lr_scheduler), as functions of the epoch.
#pragma once

#include "optim/spec.h"

namespace rung::optim {

// The learning rate of epoch 0, 1, ...
double learning_rate(const Training& training, int epoch);

}  // namespace rung::optim

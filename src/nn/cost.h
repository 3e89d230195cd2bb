// What a plan costs and does, from its shapes alone.
#pragma once

#include <string>

#include "nn/plan.h"

namespace rung::nn {

// FLOP to train one image: every convolution's forward pass, weight gradient and, except for the first, input
// gradient.
double training_flop(const Plan& plan);

// The stage in short: "10→10 3×3, norm, dropout, relu".
std::string describe(const Stage& stage);

}  // namespace rung::nn

// How much arithmetic and memory traffic training takes, from the model's shapes alone.
#pragma once

#include <string>

#include "nn/plan.h"
#include "nn/training_pass.h"

namespace rung::nn {

struct Cost {
  double flop = 0;   // a multiply-accumulate counts as two
  double bytes = 0;  // read and written, every tensor once
};

// The cost of one step of TrainingPass for one image. Only convolutions count as arithmetic.
Cost cost_of(const Plan& plan, Step step, size_t stage);

// FLOP to train one image: every convolution's forward pass, weight gradient and, except for the first, input
// gradient.
double training_flop(const Plan& plan);

// "convolve", "weight gradient", ...
std::string_view name_of(Step step);

// The stage in short: "10→10 3×3, norm, dropout, relu".
std::string describe(const Stage& stage);

}  // namespace rung::nn

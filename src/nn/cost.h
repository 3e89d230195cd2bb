// What a plan costs and does, from its shapes alone.
#pragma once

#include <string>

#include "nn/plan.h"
#include "nn/precision.h"

namespace rung::nn {

struct Cost {
  double flop = 0;   // a multiply-accumulate counts as two
  double bytes = 0;  // read and written, every tensor once
};

// What a unit's kernels cost for one image. Only convolutions count as arithmetic.
Cost cost_of_loading(const Unit& unit, const UnitStorage& storage);
Cost cost_of_convolving(const Unit& unit, const UnitStorage& storage);
Cost cost_of_activating(const Unit& unit, const UnitStorage& storage);
Cost cost_of_gradient_sums(const Unit& unit, const UnitStorage& storage);
Cost cost_of_skip_gradient(const Unit& unit, const UnitStorage& storage);
Cost cost_of_activation_gradient(const Unit& unit, const UnitStorage& storage);
Cost cost_of_convolution_gradient(const Unit& unit,
                                  const UnitStorage& storage);  // of the weights, or of the input

// FLOP to train one image: every convolution's forward pass, weight gradient and, except for the first, input
// gradient.
double training_flop(const Plan& plan);

// The unit in short: "10→10 3×3, norm, dropout, relu".
std::string describe(const Unit& unit);

}  // namespace rung::nn

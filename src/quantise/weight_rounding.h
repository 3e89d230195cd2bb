// Weights on a grid of a few bits: how quantise() rounds them, and the same for a model in training.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "nn/plan.h"

namespace rung::quantise {

// The largest weight of so many bits; the least is its negative.
constexpr int largest_weight(int bits) {
  return (1 << (bits - 1)) - 1;
}

// What a weight of 1 is worth to these weights. Of 8 bits the largest of them becomes the largest weight; of
// fewer bits the squares of what rounding changes have the least sum that is found from there (Lloyd, "Least
// squares quantization in PCM", 1982), and what is beyond the largest weight becomes it. The step of weights
// that are rounded already is the one that they were rounded by. 0 if all are 0.
double grid_step(std::span<const float> weights, int bits);

// weight / step to nearest, within the bits.
int rounded_weight(double weight, double step, int bits);

// Rounds a model's weights as quantise() does: those of an output channel together, those of a layer that
// gives the logits all together. Biases and norms stay.
class WeightRounding {
 public:
  WeightRounding(const nn::Plan& plan, int bits);

  // Both are the plan's parameters.
  void round(std::span<const float> parameters, std::span<float> rounded) const;

 private:
  struct Grid {
    size_t first;
    size_t count;
  };

  std::vector<Grid> grids_;
  int bits_;
};

}  // namespace rung::quantise

// torch.optim.SGD, Adam, AdamW and RMSprop. Every update is elementwise, from operations that IEEE 754 rounds
// exactly, so any instruction set gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "optim/lr_schedule.h"
#include "optim/training_spec.h"

namespace rung::optim {

class OptimizerState {
 public:
  OptimizerState(const Optimizer& optimizer, size_t parameters);

  // Moves the parameters against the gradient; `steps` is the number of earlier steps. All spans have the
  // size given at construction.
  //   SGD:   v = momentum*v + (g + weight_decay*w), the first v = g; w -= lr*v, or with nesterov
  //          w -= lr*(g + momentum*v)
  //   Adam:  m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2;
  //          w -= lr/(1-beta1^t) * m / (sqrt(v)/sqrt(1-beta2^t) + eps), t = steps + 1
  void step(const Rates& rates, int64_t steps, std::span<const float> gradient, std::span<float> parameters);

  // The state it keeps between steps, one value per parameter, under PyTorch's names; zeros before the first
  // step, which for SGD's `velocity` gives PyTorch's first v = g.
  struct Buffer {
    std::string name;
    std::vector<float> values;
  };
  const std::vector<Buffer>& buffers() const { return buffers_; }
  std::vector<Buffer>& buffers() { return buffers_; }

 private:
  Optimizer optimizer_;
  std::vector<Buffer> buffers_;
};

// The most buffers that any optimiser keeps.
size_t most_buffers();

}  // namespace rung::optim

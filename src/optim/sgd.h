// torch.optim.SGD.
#pragma once

#include <span>
#include <vector>

#include "optim/spec.h"

namespace rung::optim {

class SgdState {
 public:
  explicit SgdState(size_t parameters) : velocity_(parameters) {}

  // v = momentum*v + (g + weight_decay*w), the first v = g; w -= lr*v, or with nesterov w -= lr*(g +
  // momentum*v). All spans have the size given at construction.
  void step(const Sgd& sgd, double lr, std::span<const float> gradient, std::span<float> parameters);

  // Momentum buffers, one a parameter; zeros before the first step, which gives PyTorch's first v = g.
  std::span<const float> velocity() const { return velocity_; }
  std::span<float> velocity() { return velocity_; }

 private:
  std::vector<float> velocity_;
};

}  // namespace rung::optim

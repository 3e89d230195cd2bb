// How a model is optimised, as plain values, with PyTorch's names, meanings and defaults.
#pragma once

#include <variant>

namespace rung::optim {

// torch.optim.SGD: v = momentum*v + (g + weight_decay*w), the first v = g; w -= lr*v.
struct Sgd {
  double lr = 1e-3;
  double momentum = 0.0;
  double weight_decay = 0.0;
  bool nesterov = false;
  friend bool operator==(const Sgd&, const Sgd&) = default;
};

struct ConstantLr {
  friend bool operator==(const ConstantLr&, const ConstantLr&) = default;
};

// torch.optim.lr_scheduler.StepLR, stepped once an epoch: lr * gamma^floor(epoch / step_size).
struct StepLr {
  int step_size = 1;
  double gamma = 0.1;
  friend bool operator==(const StepLr&, const StepLr&) = default;
};

using LrScheduler = std::variant<ConstantLr, StepLr>;

struct Training {
  int epochs = 1;
  int batch_size = 128;
  Sgd optimizer;
  LrScheduler lr_scheduler;
  friend bool operator==(const Training&, const Training&) = default;
};

}  // namespace rung::optim

#include "optim/sgd.h"

namespace rung::optim {

void SgdState::step(const Sgd& sgd, double lr, std::span<const float> gradient, std::span<float> parameters) {
  const auto rate = static_cast<float>(lr);
  const auto momentum = static_cast<float>(sgd.momentum);
  const auto decay = static_cast<float>(sgd.weight_decay);
  const float direct = sgd.nesterov ? 1.0F : 0.0F;
  const float through_velocity = sgd.nesterov ? momentum : 1.0F;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const float g = gradient[i] + decay * parameters[i];
    velocity_[i] = momentum * velocity_[i] + g;
    parameters[i] -= rate * (direct * g + through_velocity * velocity_[i]);
  }
}

}  // namespace rung::optim

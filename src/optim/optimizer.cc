#include "optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "base/exact_math.h"

namespace rung::optim {
namespace {

using Buffer = OptimizerState::Buffer;

std::vector<Buffer> initial_buffers(const Sgd& /*sgd*/, size_t parameters) {
  return {{"velocity", std::vector<float>(parameters)}};
}
std::vector<Buffer> initial_buffers(const AdamBase& /*adam*/, size_t parameters) {
  return {{"exp_avg", std::vector<float>(parameters)}, {"exp_avg_sq", std::vector<float>(parameters)}};
}

std::vector<Buffer> initial_buffers(const RmsProp& /*rms_prop*/, size_t parameters) {
  return {{"square_avg", std::vector<float>(parameters)},
          {"grad_avg", std::vector<float>(parameters)},
          {"momentum_buffer", std::vector<float>(parameters)}};
}

void update(const Sgd& sgd, const Rates& rates, int64_t /*steps*/, std::span<const float> gradient,
            std::span<float> parameters, std::vector<Buffer>& buffers) {
  const auto rate = static_cast<float>(rates.lr);
  const auto momentum = static_cast<float>(rates.momentum);
  const auto decay = static_cast<float>(sgd.weight_decay);
  const float direct = sgd.nesterov ? 1.0F : 0.0F;
  const float through_velocity = sgd.nesterov ? momentum : 1.0F;
  std::vector<float>& velocity = buffers[0].values;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const float g = gradient[i] + decay * parameters[i];
    velocity[i] = momentum * velocity[i] + g;
    parameters[i] -= rate * (direct * g + through_velocity * velocity[i]);
  }
}

// How Adam and AdamW decay the weights: through the gradient, or by shrinking them.
struct Decay {
  float gradient = 0;
  float shrink = 1;
};
Decay decay_of(const Adam& adam, double /*lr*/) {
  return {.gradient = static_cast<float>(adam.weight_decay)};
}
Decay decay_of(const AdamW& adam, double lr) {
  return {.shrink = static_cast<float>(1 - lr * adam.weight_decay)};
}

template <typename AdamKind>
void update(const AdamKind& adam, const Rates& rates, int64_t steps, std::span<const float> gradient,
            std::span<float> parameters, std::vector<Buffer>& buffers) {
  const double beta1 = rates.momentum;
  const auto keep1 = static_cast<float>(beta1);
  const auto take1 = static_cast<float>(1 - beta1);
  const auto keep2 = static_cast<float>(adam.betas[1]);
  const auto take2 = static_cast<float>(1 - adam.betas[1]);
  const auto size = static_cast<float>(rates.lr / (1 - power(beta1, steps + 1)));
  const auto correction = static_cast<float>(std::sqrt(1 - power(adam.betas[1], steps + 1)));
  const auto eps = static_cast<float>(adam.eps);
  const Decay decay = decay_of(adam, rates.lr);
  std::vector<float>& mean = buffers[0].values;
  std::vector<float>& square = buffers[1].values;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const float g = gradient[i] + decay.gradient * parameters[i];
    mean[i] = keep1 * mean[i] + take1 * g;
    square[i] = keep2 * square[i] + take2 * g * g;
    parameters[i] = decay.shrink * parameters[i] - size * mean[i] / (std::sqrt(square[i]) / correction + eps);
  }
}

void update(const RmsProp& rms_prop, const Rates& rates, int64_t /*steps*/, std::span<const float> gradient,
            std::span<float> parameters, std::vector<Buffer>& buffers) {
  const auto rate = static_cast<float>(rates.lr);
  const auto momentum = static_cast<float>(rates.momentum);
  const auto decay = static_cast<float>(rms_prop.weight_decay);
  const auto keep = static_cast<float>(rms_prop.alpha);
  const auto take = static_cast<float>(1 - rms_prop.alpha);
  const auto eps = static_cast<float>(rms_prop.eps);
  std::vector<float>& square = buffers[0].values;
  std::vector<float>& mean = buffers[1].values;
  std::vector<float>& step = buffers[2].values;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const float g = gradient[i] + decay * parameters[i];
    square[i] = keep * square[i] + take * g * g;
    if (rms_prop.centered) mean[i] = keep * mean[i] + take * g;
    step[i] = momentum * step[i] + g / (std::sqrt(square[i] - mean[i] * mean[i]) + eps);
    parameters[i] -= rate * step[i];
  }
}

}  // namespace

OptimizerState::OptimizerState(const Optimizer& optimizer, size_t parameters)
    : optimizer_(optimizer),
      buffers_(std::visit([&](const auto& one) { return initial_buffers(one, parameters); }, optimizer)) {}

size_t most_buffers() {
  size_t most = 0;
  for_each_kind<Optimizer>(
      [&]<typename Kind>() { most = std::max(most, OptimizerState(Kind{}, 0).buffers().size()); });
  return most;
}

void OptimizerState::step(const Rates& rates, int64_t steps, std::span<const float> gradient,
                          std::span<float> parameters) {
  std::visit([&](const auto& one) { update(one, rates, steps, gradient, parameters, buffers_); }, optimizer_);
}

}  // namespace rung::optim

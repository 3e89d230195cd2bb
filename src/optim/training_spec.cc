#include "optim/training_spec.h"

namespace rung::optim {
namespace {

double momentum(const Sgd& sgd) {
  return sgd.momentum;
}
double momentum(const RmsProp& rms_prop) {
  return rms_prop.momentum;
}
double momentum(const AdamBase& adam) {
  return adam.betas[0];
}

}  // namespace

std::string_view name_of(const Optimizer& optimizer) {
  return std::visit([](const auto& one) { return one.kName; }, optimizer);
}

double lr_of(const Optimizer& optimizer) {
  return std::visit([](const auto& one) { return one.lr; }, optimizer);
}

double momentum_of(const Optimizer& optimizer) {
  return std::visit([](const auto& one) { return momentum(one); }, optimizer);
}

bool sets_lr(const LrScheduler& scheduler) {
  return std::holds_alternative<OneCycleLr>(scheduler) || std::holds_alternative<CyclicLr>(scheduler);
}

bool sets_momentum(const LrScheduler& scheduler) {
  const auto* one_cycle = std::get_if<OneCycleLr>(&scheduler);
  const auto* cyclic = std::get_if<CyclicLr>(&scheduler);
  return (one_cycle != nullptr && one_cycle->cycle_momentum) || (cyclic != nullptr && cyclic->cycle_momentum);
}

}  // namespace rung::optim

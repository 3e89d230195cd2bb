#include "search/training_edit.h"

#include <variant>

namespace rung::search {

double largest_lr(const optim::Training& training) {
  if (const auto* cycle = std::get_if<optim::OneCycleLr>(&training.lr_scheduler)) return cycle->max_lr;
  if (const auto* cycle = std::get_if<optim::CyclicLr>(&training.lr_scheduler)) return cycle->max_lr;
  return optim::lr_of(training.optimizer);
}

void scale_lr(optim::Training& training, double factor) {
  std::visit([&](auto& optimizer) { optimizer.lr *= factor; }, training.optimizer);
  if (auto* cycle = std::get_if<optim::OneCycleLr>(&training.lr_scheduler)) cycle->max_lr *= factor;
  if (auto* cycle = std::get_if<optim::CyclicLr>(&training.lr_scheduler)) {
    cycle->max_lr *= factor;
    cycle->base_lr *= factor;
  }
}

double weight_decay_of(const optim::Training& training) {
  return std::visit([](const auto& optimizer) { return optimizer.weight_decay; }, training.optimizer);
}

void set_weight_decay(optim::Training& training, double weight_decay) {
  std::visit([&](auto& optimizer) { optimizer.weight_decay = weight_decay; }, training.optimizer);
}

}  // namespace rung::search

#include "search/training_edit.h"

#include <algorithm>
#include <cmath>
#include <variant>

namespace rung::search {

double largest_lr(const optim::Training& training) {
  if (const auto* cycle = std::get_if<optim::OneCycleLr>(&training.lr_scheduler)) return cycle->max_lr;
  if (const auto* cycle = std::get_if<optim::CyclicLr>(&training.lr_scheduler)) return cycle->max_lr;
  return optim::lr_of(training.optimizer);
}

void set_largest_lr(optim::Training& training, double lr) {
  if (auto* one = std::get_if<optim::OneCycleLr>(&training.lr_scheduler)) {
    one->max_lr = lr;
  } else if (auto* cycle = std::get_if<optim::CyclicLr>(&training.lr_scheduler)) {
    cycle->base_lr *= lr / cycle->max_lr;
    cycle->max_lr = lr;
  } else {
    std::visit([&](auto& optimizer) { optimizer.lr = lr; }, training.optimizer);
  }
}

double weight_decay_of(const optim::Training& training) {
  return std::visit([](const auto& optimizer) { return optimizer.weight_decay; }, training.optimizer);
}

void set_weight_decay(optim::Training& training, double weight_decay) {
  std::visit([&](auto& optimizer) { optimizer.weight_decay = weight_decay; }, training.optimizer);
}

void set_epochs(optim::Training& training, int epochs) {
  const double factor = static_cast<double>(epochs) / training.epochs;
  const auto scaled = [&](int& count) { count = std::max(1, static_cast<int>(std::lround(count * factor))); };
  training.epochs = epochs;
  if (auto* step = std::get_if<optim::StepLr>(&training.lr_scheduler)) scaled(step->step_size);
  if (auto* steps = std::get_if<optim::MultiStepLr>(&training.lr_scheduler)) {
    std::ranges::for_each(steps->milestones, scaled);
    const auto rest = std::unique(steps->milestones.begin(), steps->milestones.end());
    steps->milestones.erase(rest, steps->milestones.end());
  }
  if (auto* cosine = std::get_if<optim::CosineAnnealingLr>(&training.lr_scheduler); cosine && cosine->t_max)
    scaled(*cosine->t_max);
  if (auto* restarts = std::get_if<optim::CosineAnnealingWarmRestarts>(&training.lr_scheduler))
    scaled(restarts->t_0);
  if (auto* cycle = std::get_if<optim::CyclicLr>(&training.lr_scheduler)) {
    scaled(cycle->step_size_up);
    scaled(cycle->step_size_down);
  }
  if (!training.lr_warmup) return;
  if (training.lr_warmup->epochs) {
    *training.lr_warmup->epochs *= factor;
  } else {
    scaled(training.lr_warmup->total_iters);
  }
}

}  // namespace rung::search

// Each formula has the order of operations of PyTorch's closed form.
#include "optim/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/exact_math.h"
#include "base/require.h"

namespace rung::optim {
namespace {

Rates scaled(Rates rates, double factor) {
  rates.lr *= factor;
  return rates;
}

// `own` holds the optimiser's own rates.

Rates rates(const ConstantLr& /*schedule*/, const Rates& own, const Place& /*place*/, int /*epochs*/) {
  return own;
}
Rates rates(const StepLr& schedule, const Rates& own, const Place& place, int /*epochs*/) {
  return scaled(own, power(schedule.gamma, place.epoch / schedule.step_size));
}
Rates rates(const MultiStepLr& schedule, const Rates& own, const Place& place, int /*epochs*/) {
  const auto& milestones = schedule.milestones;
  const auto reached = std::upper_bound(milestones.begin(), milestones.end(), place.epoch);
  return scaled(own, power(schedule.gamma, reached - milestones.begin()));
}
Rates rates(const ExponentialLr& schedule, const Rates& own, const Place& place, int /*epochs*/) {
  return scaled(own, power(schedule.gamma, place.epoch));
}
Rates rates(const CosineAnnealingLr& schedule, const Rates& own, const Place& place, int epochs) {
  const double cosine =
      cosine_of_half_turns(static_cast<double>(place.epoch) / schedule.t_max.value_or(epochs));
  return {schedule.eta_min + (own.lr - schedule.eta_min) * (1 + cosine) / 2, own.momentum};
}

Rates rates(const CosineAnnealingWarmRestarts& schedule, const Rates& own, const Place& place,
            int /*epochs*/) {
  const auto [epoch, length] = cycle_at(schedule, place.epoch);
  const double cosine = cosine_of_half_turns(static_cast<double>(epoch) / static_cast<double>(length));
  return {schedule.eta_min + (own.lr - schedule.eta_min) * (1 + cosine) / 2, own.momentum};
}

// The end of a phase of OneCycleLR, in steps, and the values it reaches.
struct Phase {
  double end;
  Rates rates;
};

std::vector<Phase> phases(const OneCycleLr& cycle, double steps) {
  const double initial_lr = cycle.max_lr / cycle.div_factor;
  const Rates start{initial_lr, cycle.max_momentum};
  const Rates peak{cycle.max_lr, cycle.base_momentum};
  const Rates last{initial_lr / cycle.final_div_factor, cycle.max_momentum};
  const double warm = cycle.pct_start * steps;
  if (cycle.three_phase) return {{0, start}, {warm - 1, peak}, {2 * warm - 2, start}, {steps - 1, last}};
  return {{0, start}, {warm - 1, peak}, {steps - 1, last}};
}

double anneal(OneCycleLr::Anneal strategy, double from, double to, double part) {
  if (strategy == OneCycleLr::Anneal::kLinear) return (to - from) * part + from;
  return to + (from - to) / 2 * (cosine_of_half_turns(part) + 1);
}

Rates rates(const OneCycleLr& cycle, const Rates& own, const Place& place, int /*epochs*/) {
  const auto all = phases(cycle, static_cast<double>(place.steps));
  const auto step = static_cast<double>(place.step);
  size_t phase = 1;
  while (phase + 1 < all.size() && step > all[phase].end) ++phase;
  const auto& [begin, from] = all[phase - 1];
  const auto& [end, to] = all[phase];
  const double part =
      end == begin ? 1 : (step - begin) / (end - begin);  // a training of one batch has no length
  return {
      anneal(cycle.anneal_strategy, from.lr, to.lr, part),
      cycle.cycle_momentum ? anneal(cycle.anneal_strategy, from.momentum, to.momentum, part) : own.momentum};
}

// The factor on a cycle's amplitude.
double amplitude(const CyclicLr& cyclic, int64_t cycle, int64_t step) {
  switch (cyclic.mode) {
    case CyclicLr::Mode::kTriangular2:
      return 1 / power(2, cycle - 1);
    case CyclicLr::Mode::kExpRange:
      return power(cyclic.gamma, step);
    case CyclicLr::Mode::kTriangular:
      break;
  }
  return 1;
}

Rates rates(const CyclicLr& cyclic, const Rates& own, const Place& place, int /*epochs*/) {
  const double size = static_cast<double>(cyclic.step_size_up) + cyclic.step_size_down;
  const double ratio = cyclic.step_size_up / size;
  const double position = static_cast<double>(place.step) / size;
  const double cycle = std::floor(1 + position);
  const double x = 1 + position - cycle;
  const double height = (x <= ratio ? x / ratio : (x - 1) / (ratio - 1)) *
                        amplitude(cyclic, static_cast<int64_t>(cycle), place.step);
  return {cyclic.base_lr + (cyclic.max_lr - cyclic.base_lr) * height,
          cyclic.cycle_momentum ? cyclic.max_momentum - (cyclic.max_momentum - cyclic.base_momentum) * height
                                : own.momentum};
}

double factor(const LrWarmup& warmup, int64_t step, double batches_per_epoch) {
  const int64_t iters = warmup_batches(warmup, batches_per_epoch);
  const auto done = static_cast<double>(std::min(step, iters));
  return warmup.start_factor + (1 - warmup.start_factor) * (done / static_cast<double>(iters));
}

}  // namespace

RestartCycle cycle_at(const CosineAnnealingWarmRestarts& schedule, int64_t epoch) {
  int64_t length = schedule.t_0;
  if (schedule.t_mult == 1) return {epoch % length, length};
  while (epoch >= length) {
    epoch -= length;
    length *= schedule.t_mult;
  }
  return {epoch, length};
}

int64_t warmup_batches(const LrWarmup& warmup, double batches_per_epoch) {
  if (!warmup.epochs) return warmup.total_iters;
  return std::max<int64_t>(1, static_cast<int64_t>(std::floor(*warmup.epochs * batches_per_epoch + 0.5)));
}

Rates rates_at(const Training& training, const Place& place) {
  RUNG_REQUIRE(0 <= place.step && place.step < place.steps);
  const Rates own{lr_of(training.optimizer), momentum_of(training.optimizer)};
  const Rates scheduled =
      std::visit([&](const auto& schedule) { return rates(schedule, own, place, training.epochs); },
                 training.lr_scheduler);
  if (!training.lr_warmup) return scheduled;
  const double batches_per_epoch = static_cast<double>(place.steps) / training.epochs;
  return scaled(scheduled, factor(*training.lr_warmup, place.step, batches_per_epoch));
}

}  // namespace rung::optim

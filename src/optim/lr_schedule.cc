#include "optim/lr_schedule.h"

namespace rung::optim {
namespace {

double factor(const ConstantLr& /*schedule*/, int /*epoch*/) {
  return 1;
}
// A product, not pow: the system's libm may round differently elsewhere.
double factor(const StepLr& schedule, int epoch) {
  double product = 1;
  for (int step = 0; step < epoch / schedule.step_size; ++step) product *= schedule.gamma;
  return product;
}

}  // namespace

double learning_rate(const Training& training, int epoch) {
  return training.optimizer.lr *
         std::visit([epoch](const auto& schedule) { return factor(schedule, epoch); }, training.lr_scheduler);
}

}  // namespace rung::optim

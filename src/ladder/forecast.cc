#include "ladder/forecast.h"

#include "nn/plan.h"
#include "nn/training_pass.h"

namespace rung::ladder {
namespace {

constexpr double kLeastSeconds = 1;
// Multiply-accumulates in the time that a byte of an activation takes, fitted to the seconds that the
// ladder's steps take.
constexpr double kMacsPerByte = 6;

double work_of(const nn::Cost& cost) {
  return cost.flop / 2 + kMacsPerByte * cost.bytes;
}

// The work of one image's forward pass.
double forward(const nn::Plan& plan, nn::Precision precision) {
  double work = 0;
  for (size_t unit = 0; unit < plan.units.size(); ++unit)
    for (const nn::Step step : {nn::Step::kConvolve, nn::Step::kActivate})
      work += work_of(nn::cost_of(plan, step, unit, precision));
  return work;
}

// The work of one image's forward and backward pass. The first unit has no input gradient.
double training(const nn::Plan& plan, nn::Precision precision) {
  double work = forward(plan, precision);
  for (size_t unit = 0; unit < plan.units.size(); ++unit) {
    if (plan.units[unit].norm) work += work_of(nn::cost_of(plan, nn::Step::kGradientSums, unit, precision));
    work += work_of(nn::cost_of(plan, nn::Step::kActivationGradient, unit, precision));
    if (!plan.units[unit].conv) continue;
    work += work_of(nn::cost_of(plan, nn::Step::kWeightGradient, unit, precision));
    if (unit > 0) work += work_of(nn::cost_of(plan, nn::Step::kInputGradient, unit, precision));
  }
  return work;
}

}  // namespace

RunWork work_of(const recipe::Recipe& recipe, const data::Dataset& data) {
  const nn::Plan plan = nn::make_plan(recipe.model);
  const double validation = recipe.dataset.validation.images;
  const double trained = data.train.count - validation;
  const double evaluating = forward(plan, nn::Precision::kFloat32);
  return {.training = trained * training(plan, recipe.training.precision),
          .evaluation = (validation + data.test.count) * evaluating,
          .end = trained * evaluating,
          .epochs = recipe.training.epochs};
}

void Forecast::note(size_t run, int epochs, double share, double seconds) {
  last_ = {seconds, all_before(run) + work_[run].done(epochs, share)};
  if (!first_) first_ = last_;
}

std::optional<double> Forecast::seconds_left() const {
  if (!first_ || last_.seconds - first_->seconds < kLeastSeconds || last_.work <= first_->work)
    return std::nullopt;
  return (all_before(work_.size()) - last_.work) * (last_.seconds - first_->seconds) /
         (last_.work - first_->work);
}

double Forecast::all_before(size_t run) const {
  double work = 0;
  for (size_t i = 0; i < run; ++i) work += work_[i].all();
  return work;
}

}  // namespace rung::ladder

// Changes of how a model is trained.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "search/mutate.h"
#include "search/training_edit.h"

namespace rung::search {
namespace {

using recipe::Recipe;
using Text = std::optional<std::string>;

constexpr double kLeastDecay = 1e-5;  // below it, none

// To two digits, so that recipes can be read, and in one way on every machine.
double rounded(double value) {
  const std::string digits = fmt::format("{:.1e}", value);
  double result = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), result);
  return result;
}

double drawn_factor(RandomStream& random) {
  constexpr std::array kFactors = {0.5, 0.7, 1.4, 2.0};
  return kFactors[random.below(kFactors.size())];
}

Text change_lr(Recipe& recipe, const Space& space, RandomStream& random) {
  const double before = largest_lr(recipe.training);
  const double now = std::clamp(rounded(before * drawn_factor(random)), space.lr.low, space.lr.high);
  if (now == before) return std::nullopt;
  set_largest_lr(recipe.training, now);
  return fmt::format("a learning rate of {:g} instead of {:g}", now, before);
}

// A cycle rises for another share of the batches, or falls in another way; other schedules become a cosine.
Text change_schedule(Recipe& recipe, RandomStream& random) {
  using optim::OneCycleLr;
  auto* cycle = std::get_if<OneCycleLr>(&recipe.training.lr_scheduler);
  if (cycle == nullptr) {
    if (std::holds_alternative<optim::CosineAnnealingLr>(recipe.training.lr_scheduler)) return std::nullopt;
    if (optim::sets_lr(recipe.training.lr_scheduler)) return std::nullopt;
    recipe.training.lr_scheduler = optim::CosineAnnealingLr{};
    return "the learning rate falls along a cosine";
  }
  if (random.below(2) == 0) {
    const bool is_linear = cycle->anneal_strategy == OneCycleLr::Anneal::kLinear;
    cycle->anneal_strategy = is_linear ? OneCycleLr::Anneal::kCos : OneCycleLr::Anneal::kLinear;
    return fmt::format("the learning rate changes {}", is_linear ? "along a cosine" : "linearly");
  }
  constexpr std::array kShares = {0.05, 0.1, 0.2, 0.3, 0.4};
  const double now = kShares[random.below(kShares.size())];
  if (now == cycle->pct_start) return std::nullopt;
  cycle->pct_start = now;
  return fmt::format("the learning rate rises for {:g} % of the batches", 100 * now);
}

Text change_weight_decay(Recipe& recipe, const Space& space, RandomStream& random) {
  const double before = weight_decay_of(recipe.training);
  double now = before == 0 ? 1e-4 : rounded(before * drawn_factor(random));
  if (now < kLeastDecay) now = 0;
  now = std::clamp(now, space.weight_decay.low, space.weight_decay.high);
  if (now == before) return std::nullopt;
  set_weight_decay(recipe.training, now);
  return fmt::format("a weight decay of {:g} instead of {:g}", now, before);
}

Text change_label_smoothing(Recipe& recipe, const Space& space, RandomStream& random) {
  constexpr std::array kValues = {0.0, 0.02, 0.05, 0.1};
  const double now = kValues[random.below(kValues.size())];
  if (now == recipe.training.label_smoothing || !space.label_smoothing.holds(now)) return std::nullopt;
  recipe.training.label_smoothing = now;
  return fmt::format("a label smoothing of {:g}", now);
}

Text change_batch_size(Recipe& recipe, const Space& space, RandomStream& random) {
  const int before = recipe.training.batch_size;
  const int now = random.below(2) == 0 ? before / 2 : before * 2;
  if (!space.batch_size.holds(now)) return std::nullopt;
  recipe.training.batch_size = now;
  return fmt::format("batches of {} instead of {}", now, before);
}

// Not beyond the cap, unless it was already.
double scaled(double value, double factor, double cap) {
  return std::min(rounded(value * factor), std::max(value, cap));
}

void scale(data::RandomAffine& affine, double factor) {
  affine.degrees = scaled(affine.degrees, factor, 45);
  for (double& share : affine.translate) share = scaled(share, factor, 0.2);
  auto& [least, most] = affine.scale;
  if (least > 1 || most < 1) return;
  least = 1 - scaled(1 - least, factor, 0.3);
  most = 1 + scaled(most - 1, factor, 0.3);
}

void scale(data::RandomRotation& rotation, double factor) {
  rotation.degrees = scaled(rotation.degrees, factor, 45);
}

template <typename Transform>
void scale(Transform& /*other*/, double /*factor*/) {}

// Stronger or weaker rotations, shifts and sizes; where there are none, a few.
Text change_augment(Recipe& recipe, RandomStream& random) {
  const double factor = random.below(2) == 0 ? 0.7 : 1.4;
  const auto before = recipe.augment;
  for (data::Transform& transform : recipe.augment)
    std::visit([&](auto& spec) { scale(spec, factor); }, transform);
  if (recipe.augment != before) return fmt::format("{} augmentation", factor < 1 ? "weaker" : "stronger");
  if (std::ranges::any_of(before, [](const data::Transform& transform) {
        return std::holds_alternative<data::RandomAffine>(transform);
      }))
    return std::nullopt;
  recipe.augment.push_back(data::RandomAffine{.degrees = 5,
                                              .translate = {0.04, 0.04},
                                              .scale = {0.95, 1.05},
                                              .interpolation = data::Interpolation::kBilinear});
  return "images are turned, moved and scaled a little";
}

}  // namespace

Text scale_epochs(Recipe& recipe, const Space& space, double factor) {
  const int before = recipe.training.epochs;
  const double value = std::round(before * factor);
  const auto now = static_cast<int>(std::clamp(value, space.epochs.low, space.epochs.high));
  if (now == before) return std::nullopt;
  set_epochs(recipe.training, now);
  return fmt::format("{} instead of {} epochs", now, before);
}

std::optional<std::string> mutate_training(Kind kind, Recipe& recipe, const Space& space,
                                           RandomStream& random) {
  switch (kind) {
    case Kind::kLearningRate:
      return change_lr(recipe, space, random);
    case Kind::kSchedule:
      return change_schedule(recipe, random);
    case Kind::kWeightDecay:
      return change_weight_decay(recipe, space, random);
    case Kind::kLabelSmoothing:
      return change_label_smoothing(recipe, space, random);
    case Kind::kBatchSize:
      return change_batch_size(recipe, space, random);
    case Kind::kEpochs:
      return scale_epochs(recipe, space, random.below(2) == 0 ? 1 / 1.4 : 1.4);
    case Kind::kAugment:
      return change_augment(recipe, random);
    default:
      return std::nullopt;
  }
}

}  // namespace rung::search

#include "search/drawer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "nn/infer.h"
#include "nn/memory.h"
#include "nn/plan.h"

namespace rung::search {
namespace {

constexpr int kDraws = 200;  // tries for a candidate that is new
constexpr uint32_t kOneRecombinedIn = 5;
constexpr uint32_t kOneFromTheWholeFrontIn = 5;
constexpr uint32_t kMostSteps = 3;
constexpr uint32_t kMostRandomSteps = 10;
// Bytes for a candidate's run, unless the start needs more; the same on every machine.
constexpr uint64_t kUsualMemory = 1 << 30;

// All of the recipe that a candidate can differ in.
std::string text_of(recipe::Recipe recipe) {
  recipe.name.clear();
  recipe.title.clear();
  return recipe::to_toml(recipe);
}

[[noreturn]] void fail_without_integers() {
  throw UsageError("the start's model has no integer form, so it has no bytes on a chip",
                   "start from a recipe that `rung export c` takes");
}

// Bytes that a run takes; without those of reading images, which do not grow with the model.
uint64_t memory_of(const recipe::Recipe& recipe) {
  constexpr int kMostOfAnOptimizer = 3;  // floats for each parameter
  return nn::training_bytes(nn::make_plan(recipe.model), recipe.training.precision, kMostOfAnOptimizer,
                            recipe.training.batch_size, 1);
}

}  // namespace

Candidate Drawer::start() {
  require_within(plan_.space, plan_.start);
  for (const Limit& limit : plan_.goal.limits) {
    const auto cost = cost_of(plan_.start, limit.cost, plan_.yardstick());
    if (cost && *cost <= limit.at_most) continue;
    if (!cost) fail_without_integers();
    throw UsageError(fmt::format("the start has {}, more than the {} of --at-most",
                                 cost_text(limit.cost, *cost), cost_text(limit.cost, limit.at_most)),
                     "start from a smaller recipe");
  }
  const auto cost = cost_of(plan_.start, plan_.goal.minimise, plan_.yardstick());
  if (!cost) fail_without_integers();
  known_.insert(text_of(plan_.start));
  return {.number = 0,
          .parent = {},
          .mutations = {},
          .recipe = plan_.start,
          .cost = *cost,
          .seconds = plan_.seconds_of(plan_.start)};
}

std::optional<Candidate> Drawer::scaled_start(const Population& population, double width) {
  auto mutant = scaled(plan_.start, plan_.space, width);
  if (!mutant) return std::nullopt;
  Candidate candidate{.number = population.size(),
                      .parent = 0,
                      .mutations = {std::move(mutant->mutation)},
                      .recipe = std::move(mutant->recipe)};
  if (!complete(candidate)) return std::nullopt;
  return candidate;
}

std::optional<Candidate> Drawer::longer(const Population& population, size_t parent, double times) {
  Candidate candidate{
      .number = population.size(), .parent = parent, .mutations = {}, .recipe = population[parent].recipe};
  const int before = candidate.recipe.training.epochs;
  auto change = scale_epochs(candidate.recipe, plan_.space, times);
  if (!change || candidate.recipe.training.epochs < before) return std::nullopt;
  candidate.mutations.push_back({Kind::kEpochs, std::move(*change)});
  if (!complete(candidate)) return std::nullopt;
  return candidate;
}

std::optional<Candidate> Drawer::draw(const Population& population) {
  const auto number = static_cast<uint32_t>(population.size());
  for (uint32_t attempt = 0; attempt < kDraws; ++attempt) {
    RandomStream random(plan_.seed, RandomPurpose::kSearch, number, attempt);
    const size_t parent = draw_parent(population, random);
    Candidate candidate{
        .number = number, .parent = parent, .mutations = {}, .recipe = population[parent].recipe};
    if (plan_.strategy == Strategy::kRandom) {
      mutate_some(candidate, 1 + random.below(kMostRandomSteps), random);
    } else if (!plan_.space.fixed.contains(Kind::kRecombination) && random.below(kOneRecombinedIn) == 0) {
      recombine(candidate, population[draw_parent(population, random)]);
    } else {
      uint32_t steps = 1;
      while (steps < kMostSteps && random.below(3) == 0) ++steps;
      mutate_some(candidate, steps, random);
    }
    if (!candidate.mutations.empty() && complete(candidate)) return candidate;
  }
  return std::nullopt;
}

size_t Drawer::draw_parent(const Population& population, RandomStream& random) const {
  if (plan_.strategy == Strategy::kRandom) return 0;
  std::vector<size_t> possible = random.below(kOneFromTheWholeFrontIn) == 0
                                     ? priced_full_front(population.all())
                                     : population.near_target();
  std::erase_if(possible, [&](size_t one) { return !population.is_near_best(population[one]); });
  if (possible.empty()) return 0;
  return possible[random.below(static_cast<uint32_t>(possible.size()))];
}

void Drawer::mutate_some(Candidate& candidate, uint32_t steps, RandomStream& random) const {
  for (uint32_t step = 0; step < steps; ++step) {
    auto mutant = mutate(candidate.recipe, plan_.space, random);
    if (!mutant) return;
    candidate.recipe = std::move(mutant->recipe);
    candidate.mutations.push_back(std::move(mutant->mutation));
  }
}

// Its model with the training of another one: a change of how a candidate is trained that was worth it often
// is for others, too, but by less than a run's luck, so that it would not be found again.
void Drawer::recombine(Candidate& candidate, const Candidate& trained) const {
  candidate.recipe.training = trained.recipe.training;
  candidate.recipe.augment = trained.recipe.augment;
  candidate.mutations.push_back({Kind::kRecombination, "the training of " + trained.name()});
}

// Whether it is new, possible and allowed; with what is known before it is trained.
bool Drawer::complete(Candidate& candidate) {
  const recipe::Recipe& recipe = candidate.recipe;
  std::string text = text_of(recipe);
  if (known_.contains(text)) return false;
  const auto cost = cost_of(recipe, plan_.goal.minimise, plan_.yardstick());
  if (!cost || !keeps_limits(recipe, plan_.goal.limits, plan_.yardstick())) return false;
  for (const int images : {plan_.train_images, plan_.all_images})
    if (nn::norm_without_variance(recipe.model, images, recipe.training.batch_size)) return false;
  if (memory_of(recipe) > std::max(kUsualMemory, memory_of(plan_.start))) return false;
  candidate.cost = *cost;
  candidate.seconds = plan_.seconds_of(recipe);
  candidate.recipe.title = candidate.change();
  known_.insert(std::move(text));
  return true;
}

}  // namespace rung::search

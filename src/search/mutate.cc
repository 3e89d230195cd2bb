#include "search/mutate.h"

#include <algorithm>
#include <utility>

#include "base/enumerators.h"
#include "base/error.h"
#include "nn/infer.h"

namespace rung::search {
namespace {

constexpr int kTries = 40;

// How often each kind is tried, relative to the others: what changes the size most often, because it is what
// a search is after.
uint32_t weight_of(Kind kind) {
  switch (kind) {
    case Kind::kChannels:
      return 8;
    case Kind::kDepth:
    case Kind::kPooling:
    case Kind::kLearningRate:
      return 3;
    case Kind::kKernelSize:
    case Kind::kPadding:
    case Kind::kHead:
    case Kind::kSchedule:
    case Kind::kWeightDecay:
    case Kind::kEpochs:
    case Kind::kAugment:
      return 2;
    case Kind::kResidual:
    case Kind::kDepthwise:
    case Kind::kActivation:
    case Kind::kLabelSmoothing:
    case Kind::kBatchSize:
      return 1;
    case Kind::kRecombination:  // of two recipes
      return 0;
  }
  return 0;
}

std::optional<Kind> draw_kind(const Space& space, RandomStream& random) {
  uint32_t sum = 0;
  for (const Kind kind : kEnumerators<Kind>) sum += space.fixed.contains(kind) ? 0 : weight_of(kind);
  if (sum == 0) return std::nullopt;
  uint32_t drawn = random.below(sum);
  for (const Kind kind : kEnumerators<Kind>) {
    const uint32_t weight = space.fixed.contains(kind) ? 0 : weight_of(kind);
    if (drawn < weight) return kind;
    drawn -= weight;
  }
  return std::nullopt;
}

bool is_of_model(Kind kind) {
  return kind < Kind::kLearningRate;
}

bool is_possible(const nn::ModelSpec& model) {
  try {
    nn::infer(model);
    return true;
  } catch (const nn::ShapeError&) {
    return false;
  }
}

}  // namespace

std::optional<Mutant> mutate(const recipe::Recipe& recipe, const Space& space, RandomStream& random) {
  for (int tries = 0; tries < kTries; ++tries) {
    const auto kind = draw_kind(space, random);
    if (!kind) return std::nullopt;
    Mutant mutant{recipe, {*kind, ""}};
    std::optional<std::string> text;
    if (is_of_model(*kind)) {
      ModelEdit edit(recipe.model);
      text = mutate_model(*kind, edit, space, random);
      mutant.recipe.model = edit.model();
      if (text && !is_possible(mutant.recipe.model)) text.reset();
    } else {
      text = mutate_training(*kind, mutant.recipe, space, random);
    }
    if (!text || mutant.recipe == recipe) continue;
    mutant.mutation.text = std::move(*text);
    return mutant;
  }
  return std::nullopt;
}

std::optional<Mutant> scaled(const recipe::Recipe& recipe, const Space& space, double factor) {
  Mutant mutant{recipe, {Kind::kChannels, ""}};
  ModelEdit edit(recipe.model);
  mutant.mutation.text = scale_widths(edit, space, factor);
  mutant.recipe.model = edit.model();
  if (!is_possible(mutant.recipe.model)) return std::nullopt;
  return mutant;
}

}  // namespace rung::search

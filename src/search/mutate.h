// Small changes of a recipe: the neighbours that a local search looks at.
#pragma once

#include <optional>
#include <string>

#include "base/philox.h"
#include "recipe/recipe.h"
#include "search/model_edit.h"
#include "search/space.h"

namespace rung::search {

struct Mutation {
  Kind kind = Kind::kChannels;
  std::string text;  // "8 instead of 10 channels of Conv2d-3"
};

struct Mutant {
  recipe::Recipe recipe;
  Mutation mutation;
};

// A random change that the space allows, of a random kind, of a model that is possible afterwards; none if a
// number of tries found none. The same stream gives the same change.
std::optional<Mutant> mutate(const recipe::Recipe& recipe, const Space& space, RandomStream& random);

// The recipe with so many times the channels in every convolution, within the space; none if such a model is
// not possible.
std::optional<Mutant> scaled(const recipe::Recipe& recipe, const Space& space, double factor);

// As text what it changed; of the epochs none where the space does not let them.
std::string scale_widths(ModelEdit& edit, const Space& space, double factor);
std::optional<std::string> scale_epochs(recipe::Recipe& recipe, const Space& space, double factor);

// One try at a change of this kind; none where there is nothing to change.
std::optional<std::string> mutate_model(Kind kind, ModelEdit& edit, const Space& space, RandomStream& random);
std::optional<std::string> mutate_training(Kind kind, recipe::Recipe& recipe, const Space& space,
                                           RandomStream& random);

}  // namespace rung::search

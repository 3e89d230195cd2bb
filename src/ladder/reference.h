// A recipe's [reference] beside a run of it: which of its figures may be shown, and what a reader must know
// about them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace rung::ladder {

struct ReferenceBeside {
  std::optional<recipe::Reference> figures;  // none without [reference], or if it is about other images
  std::string remark;                        // a sentence, or empty
};

// A reference that does not say its dataset or its epochs is taken to have the recipe's.
ReferenceBeside reference_beside(const recipe::Recipe& recipe);

// The non-empty remarks of several recipes, once each, in order.
std::vector<std::string> said_once(const std::vector<std::string>& remarks);

}  // namespace rung::ladder

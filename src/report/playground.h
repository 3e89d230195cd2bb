// The playground: one HTML file to draw on, that shows what networks make of it, and trains others, with
// Rung's own engine as WebAssembly. It opens offline and loads nothing.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "data/dataset.h"
#include "nn/weights.h"
#include "recipe/recipe.h"

namespace rung::report {

// Whether this program was built with the engine, which needs Emscripten.
bool has_playground();

struct Player {
  recipe::Recipe recipe;  // resolved
  nn::Weights weights;
};

// A recipe to train or to edit, as its file says it.
struct Exercise {
  std::string title;
  std::string text;
};

// The page with these networks, and these recipes to train on some of the images; first the third, with
// batch norm and dropout. Throws UsageError for networks of different image sizes or classes. `spec` is what
// their recipes say of the data. Preconditions: has_playground(); at least one exercise; the data's images
// are those of the networks.
std::string playground_page(std::span<const Player> players, std::span<const Exercise> exercises,
                            const data::Dataset& data, const data::DatasetSpec& spec, ThreadPool& pool);

}  // namespace rung::report

// What a sweep is to run: recipes, each with every seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"
#include "recipe/settings.h"

namespace rung::sweep {

inline constexpr size_t kMaxSeeds = 100'000;
inline constexpr size_t kMaxGrid = 10'000;
inline constexpr size_t kMaxRuns = 1'000'000;

struct SweepPlan {
  std::vector<recipe::Recipe> recipes;  // with unique names; their own seeds are not used
  size_t settings = 1;          // recipes come in blocks of this size: one base recipe with all its settings
  std::vector<uint64_t> seeds;  // each once

  // The recipe that "previous" means in the targets of recipe `index`: the previous base recipe with the same
  // settings.
  const recipe::Recipe* previous(size_t index) const {
    return index < settings ? nullptr : &recipes[index - settings];
  }
};

// The seeds in "0..19", "1,2,5" or "0..9,20,30..39", in that order. Throws UsageError.
std::vector<uint64_t> parse_seeds(std::string_view text);

// `grid` has an element such as "optimizer.lr=0.01,0.02" for each key: every recipe is run with every
// combination of values, under a name that tells the values of the keys that vary. Throws UsageError if two
// recipes then have the same name, if two combinations make the same recipe, if the seed or the name is in
// the grid, if there are more than kMaxRuns runs, or as recipe::parse_settings() and with_settings() do.
SweepPlan make_plan(std::span<const recipe::Recipe> recipes, std::span<const std::string> grid,
                    std::vector<uint64_t> seeds);

// For a single run: the setting in each element, such as "optimizer.lr=0.02". Throws UsageError as
// make_plan(), and for a key with several values.
std::vector<recipe::Setting> single_settings(std::span<const std::string> texts);

// "-lr=0.02-p=0.1", the end of a name that tells the settings: of each key the last part, or the whole if two
// end alike.
std::string name_end(std::span<const recipe::Setting> settings);

}  // namespace rung::sweep

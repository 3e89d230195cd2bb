// Changes a recipe by the names of its keys, as `--set optimizer.lr=0.02` does, and names the key in which
// two recipes differ. Keys are those of the resolved recipe; an array's elements are counted from 0, as in
// the messages about recipes: `optimizer.lr`, `model.layers[2].p`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"

namespace rung::recipe {

struct Setting {
  std::string key;
  std::string value;  // TOML, or a bare word, which is text
};

// The settings in "optimizer.lr=0.01,0.02", one per value. Commas in quotes or brackets do not separate.
// Throws UsageError.
std::vector<Setting> parse_settings(std::string_view text);

// The recipe with these values instead of its own, checked like any recipe. A new `type` for a table drops
// the old type's options. Throws UsageError, which names the settings.
Recipe with_settings(const Recipe& recipe, std::span<const Setting> settings);

// The recipe with another number of epochs. Targets that depend on training say for how many they are meant;
// so they do with_settings().
Recipe with_epochs(Recipe recipe, int epochs);

struct Difference {
  std::string key;
  std::string first;  // the values, or "none"
  std::string second;
};

// The first key, in alphabetical order, in which the resolved recipes differ; none if they are equal.
std::optional<Difference> first_difference(const Recipe& first, const Recipe& second);

}  // namespace rung::recipe

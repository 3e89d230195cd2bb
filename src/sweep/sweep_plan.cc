#include "sweep/sweep_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "recipe/settings.h"

namespace rung::sweep {
namespace {

using recipe::Recipe;
using recipe::Setting;

[[noreturn]] void fail_seeds(std::string_view part) {
  throw UsageError(fmt::format("\"{}\" is not a seed or a range of seeds", part),
                   "write them as in 0..19, or 1,2,5, or 0..9,20");
}

uint64_t parse_seed(std::string_view text, std::string_view part) {
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc{} || end != text.data() + text.size() ||
      seed > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    fail_seeds(part);
  return seed;
}

struct SeedRange {
  uint64_t first;
  uint64_t last;
};

SeedRange parse_range(std::string_view part) {
  const size_t dots = part.find("..");
  const uint64_t first = parse_seed(part.substr(0, dots), part);
  const uint64_t last = dots == std::string_view::npos ? first : parse_seed(part.substr(dots + 2), part);
  if (last < first) fail_seeds(part);
  return {first, last};
}

// The values of each key in the texts. `seed_option` is how the seed is set instead.
std::vector<std::vector<Setting>> values_by_key(std::span<const std::string> texts,
                                                std::string_view seed_option) {
  std::vector<std::vector<Setting>> all;
  std::set<std::string> keys;
  for (const std::string& text : texts) {
    all.push_back(recipe::parse_settings(text));
    const std::string& key = all.back().front().key;
    if (key == "seed") throw UsageError("`seed` cannot be set", fmt::format("use {}", seed_option));
    if (key == "name") throw UsageError("`name` cannot be set", "names are made of the settings");
    if (!keys.insert(key).second)
      throw UsageError(fmt::format("`{}` is set twice", key), "give each key once");
  }
  return all;
}

// All combinations of one value of each key; the last key's values change fastest.
std::vector<std::vector<Setting>> combinations(std::span<const std::vector<Setting>> values) {
  std::vector<std::vector<Setting>> all = {{}};
  for (const auto& of_key : values) {
    if (all.size() * of_key.size() > kMaxGrid)
      throw UsageError(fmt::format("more than {} combinations of settings", kMaxGrid));
    std::vector<std::vector<Setting>> longer;
    for (const auto& before : all) {
      for (const Setting& value : of_key) {
        longer.push_back(before);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

// The settings, one of each key, of the keys that have several values.
std::vector<Setting> varied(std::span<const Setting> settings, std::span<const std::vector<Setting>> values) {
  std::vector<Setting> varied;
  for (size_t key = 0; key < values.size(); ++key)
    if (values[key].size() > 1) varied.push_back(settings[key]);
  return varied;
}

std::string last_part(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

// `end` is that of its name.
Recipe variant(const Recipe& base, std::span<const Setting> settings, const std::string& end) {
  if (settings.empty()) return base;
  Recipe changed = recipe::with_settings(base, settings);
  changed.name += end;
  return recipe::parse(recipe::to_toml(changed), changed.name);  // checks that such a name is allowed
}

void require_unique_names(const std::vector<Recipe>& recipes) {
  std::set<std::string> names;
  for (const Recipe& recipe : recipes) {
    if (names.insert(recipe.name).second) continue;
    throw UsageError(fmt::format("two of the recipes are called {}", recipe.name),
                     "give each a `name` of its own, and each value once");
  }
}

// "0.1,0.10" would train everything twice.
void require_different(std::span<const Recipe> variants) {
  std::map<std::string, std::string> names;  // by everything except the name
  for (Recipe recipe : variants) {
    const std::string name = std::exchange(recipe.name, "");
    const auto [same, is_new] = names.try_emplace(recipe::to_toml(recipe), name);
    if (!is_new)
      throw UsageError(fmt::format("{} and {} are the same recipe", same->second, name),
                       "give each value once");
  }
}

}  // namespace

std::vector<uint64_t> parse_seeds(std::string_view text) {
  std::vector<uint64_t> seeds;
  std::set<uint64_t> seen;
  while (true) {
    const std::string_view part = text.substr(0, text.find(','));
    const SeedRange range = parse_range(part);
    if (range.last - range.first >= kMaxSeeds - seeds.size())
      throw UsageError(fmt::format("more than {} seeds", kMaxSeeds));
    for (uint64_t seed = range.first; seed <= range.last; ++seed)
      if (seen.insert(seed).second) seeds.push_back(seed);
    if (part.size() == text.size()) return seeds;
    text.remove_prefix(part.size() + 1);
  }
}

SweepPlan make_plan(std::span<const Recipe> recipes, std::span<const std::string> grid,
                    std::vector<uint64_t> seeds) {
  const auto values = values_by_key(grid, "--seeds");
  const auto settings = combinations(values);
  SweepPlan plan{.recipes = {}, .settings = settings.size(), .seeds = std::move(seeds)};
  for (const Recipe& base : recipes)
    for (const auto& setting : settings)
      plan.recipes.push_back(variant(base, setting, name_end(varied(setting, values))));
  require_unique_names(plan.recipes);
  for (size_t first = 0; first < plan.recipes.size(); first += plan.settings)
    require_different(std::span(plan.recipes).subspan(first, plan.settings));
  if (plan.recipes.size() * plan.seeds.size() > kMaxRuns)
    throw UsageError(fmt::format("more than {} runs", kMaxRuns));
  return plan;
}

std::vector<Setting> single_settings(std::span<const std::string> texts) {
  std::vector<Setting> settings;
  for (auto& values : values_by_key(texts, "--seed")) {
    if (values.size() > 1)
      throw UsageError(fmt::format("`{}` has {} values", values.front().key, values.size()),
                       "give one; `rung sweep` trains with each of several");
    settings.push_back(std::move(values.front()));
  }
  return settings;
}

std::string name_end(std::span<const Setting> settings) {
  std::string end;
  for (const Setting& setting : settings) {
    const auto ends_alike = std::ranges::count(settings, last_part(setting.key),
                                               [](const Setting& other) { return last_part(other.key); });
    end += fmt::format("-{}={}", ends_alike > 1 ? setting.key : last_part(setting.key), setting.value);
  }
  std::erase_if(end, [](char byte) { return byte == '"' || byte == '\''; });
  std::ranges::replace_if(
      end, [](char byte) { return byte == '/' || byte == '\\' || byte == ' '; }, '_');
  return end;
}

}  // namespace rung::sweep

// What a search is to do, and search.json in its folder, which says it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "data/data_spec.h"
#include "recipe/recipe.h"
#include "search/goal.h"
#include "search/space.h"

namespace rung::search {

// kLocal: neighbours of the best; kRandom: some changes of the start, whatever the others gave.
enum class Strategy { kLocal, kRandom };
constexpr std::string_view name_of(Strategy strategy) {
  switch (strategy) {
    case Strategy::kLocal:
      return "local";
    case Strategy::kRandom:
      return "random";
  }
  return "";
}

inline constexpr size_t kMostCandidates = 9999;  // whatever is asked for

struct SearchPlan {
  recipe::Recipe start;     // holds images out; resolved
  data::DatasetSpec whole;  // the same images, none held out: for claims
  int train_images = 0;     // that `start` trains on
  int all_images = 0;       // that claims train on
  // Test images; where classes count alike, as many as a balanced set would have for the same precision.
  double test_images = 0;
  std::string data_sha256;  // of all images
  Goal goal;
  Space space;
  Strategy strategy = Strategy::kLocal;
  uint64_t seed = 1;
  size_t batch = 8;                  // new candidates at a time
  std::optional<size_t> candidates;  // at most
  std::optional<double> budget;      // seconds, claims included; never the only limit that is missing
  size_t claim_seeds = 10;           // of each claim
  double gflops = 1;                 // measured once, for costs in seconds
  size_t workers = 1;                // runs at a time when it began: the budget is that of so many

  size_t most_candidates() const { return candidates.value_or(kMostCandidates); }
  Yardstick yardstick() const { return {goal.chip, train_images, gflops}; }
  // That a run of the recipe takes on one core, foretold.
  double seconds_of(const recipe::Recipe& recipe) const;
};

nlohmann::ordered_json to_json(const SearchPlan& plan);

// What was measured when the search in the folder began, if one did: its speed and workers. Throws DataError
// if what it holds is no plan.
void take_measurements(const std::filesystem::path& folder, SearchPlan& plan);

// Writes the plan into an empty folder; where there is another plan, throws UsageError, naming what differs.
// Throws DataError as above.
void store_or_require_same(const std::filesystem::path& folder, const SearchPlan& plan);

}  // namespace rung::search

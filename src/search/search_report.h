// A search's state and result: as Markdown that reads well in a terminal, and as JSON, whose fields are
// described in docs/search.md.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/search.h"

namespace rung::search {

// What a kind of change did.
struct KindResult {
  Kind kind = Kind::kChannels;
  size_t tried = 0;     // candidates with such a change
  size_t promoted = 0;  // of these, trained for all epochs
  size_t front = 0;     // of these, on the front now or among the ancestors of one that is
};
std::vector<KindResult> kind_results(const Search& search);

// "Search from mnist-first: 99.4 % for the fewest parameters"
std::string search_title(const Search& search);

// One line about the whole: how many candidates, and the best.
std::string state_line(const Search& search);

// What was claimed of a candidate, in a sentence.
std::string claim_sentence(const Search& search, const Claim& claim);

// What the search found, in how many candidates, and why it ended.
std::string summary(const Search& search);

// All changes on a candidate's way from the start.
std::string changes_from_start(const Search& search, size_t candidate);

// What the test images said of a candidate: "99.46 %: claimed". Empty if they were not asked.
std::string claim_cell(const Search& search, size_t candidate);

// The summary, the claims, the front, and what mattered.
std::string search_document(const Search& search);

nlohmann::ordered_json search_json(const Search& search);

// The recipe that was claimed, or else the best; with the target as its target.
std::optional<recipe::Recipe> found_recipe(const Search& search);

// What candidates.json says to an observer.
struct Glance {
  bool is_finished = false;
  std::string line;  // state_line(), or what was claimed last
};

// Messages call the text `source`. Throws DataError unless search_json() wrote it.
Glance parse_glance(std::string_view text, std::string_view source);

// The folders of the runs with all epochs that have the least held-out loss, at most so many: an ensemble.
// Throws IoError, and DataError unless the folder's candidates.json was written by search_json().
std::vector<std::filesystem::path> best_runs(const std::filesystem::path& folder, size_t most);

inline constexpr uint64_t kMaxResultsBytes = 256 << 20;
inline constexpr const char* kResultsDocument = "search.md";
inline constexpr const char* kResultsJson = "candidates.json";
inline constexpr const char* kFoundRecipe = "found.toml";

}  // namespace rung::search

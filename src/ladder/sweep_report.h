// A sweep's results: as tables of text, as Markdown that reads well in a terminal, and as JSON. The fields
// are described in docs/sweeps.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ladder/sweep.h"
#include "ladder/sweep_statistics.h"

namespace rung::ladder {

// "Sweep of 2 recipes, 20 seeds each"
std::string sweep_title(const SweepPlan& plan);

// "40 of 40 runs finished. Seeds 0..19."
std::string sweep_extent(const Sweep& sweep);

struct SweepTable {
  std::string title;
  std::vector<std::vector<std::string>> rows{};  // the first is the head
  size_t names = 1;  // columns in front that hold words, which users may have written
};

// Those that have anything to show: each accuracy, targets, what others reported, comparisons of the last
// epoch.
std::vector<SweepTable> sweep_tables(const SweepPlan& plan, const SweepStatistics& statistics);

// A line for each run that has no result: "step5-seed3 diverged: ..."
std::vector<std::string> sweep_failures(const Sweep& sweep);

// What the figures mean, in a sentence or two.
std::string sweep_notes(const SweepStatistics& statistics);

// What must be known of the references, as ReferenceBeside; empty where there is nothing to say.
std::vector<std::string> sweep_remarks(const SweepStatistics& statistics);

// All of it as Markdown.
std::string sweep_document(const Sweep& sweep, const SweepStatistics& statistics);

nlohmann::ordered_json sweep_json(const Sweep& sweep, const SweepStatistics& statistics);

inline constexpr const char* kSweepDocument = "sweep.md";
inline constexpr const char* kSweepJson = "sweep.json";

}  // namespace rung::ladder

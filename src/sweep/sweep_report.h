// A sweep's results: as tables of text, as Markdown that reads well in a terminal, and as JSON. The fields
// are described in docs/sweeps.md.
#pragma once

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sweep/sweep.h"
#include "sweep/sweep_statistics.h"

namespace rung::sweep {

// "Sweep of 2 recipes, 20 seeds each"
std::string sweep_title(const SweepPlan& plan);

// "40 of 40 runs finished. Seeds 0..19."
std::string sweep_extent(const Sweep& sweep);

struct SweepTable {
  std::string title;
  std::vector<std::vector<std::string>> rows{};  // the first is the head
  std::vector<int> ranks{};  // by column: without room for all, the highest rank goes first; rank 0 stays
  size_t names = 1;          // leading columns that hold words, perhaps written by users
};

// Those that have anything to show: each accuracy, the compared one first; targets; what others reported; the
// comparisons.
std::vector<SweepTable> sweep_tables(const SweepPlan& plan, const SweepStatistics& statistics);

// A line for each run that has no result: "step5-seed3 diverged: ..."
std::vector<std::string> sweep_failures(const Sweep& sweep);

// What the figures mean, in a few sentences.
std::string sweep_notes(const SweepStatistics& statistics);

// What must be known of the references, as ReferenceBeside; empty where there is nothing to say.
std::vector<std::string> sweep_remarks(const SweepStatistics& statistics);

// The table with the columns that fit on a terminal of that many columns; long names lose their middle.
SweepTable fitted(SweepTable table, int columns);

// All of it as Markdown, with tables that fit on a terminal of that many columns.
std::string sweep_document(const Sweep& sweep, const SweepStatistics& statistics,
                           int columns = std::numeric_limits<int>::max());

nlohmann::ordered_json sweep_json(const Sweep& sweep, const SweepStatistics& statistics);

inline constexpr const char* kSweepDocument = "sweep.md";
inline constexpr const char* kSweepJson = "sweep.json";

}  // namespace rung::sweep

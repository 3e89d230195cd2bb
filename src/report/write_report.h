// Reports: one HTML file that shows a run, a ladder of runs, or two runs side by side. It opens offline and
// loads nothing. docs/report.md describes its contents.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/thread_pool.h"
#include "report/exhibit.h"

namespace rung::report {

// Images by data::arrangement_of() what the recipes say of them.
using Shelf = std::map<std::string, Images>;

// The page about these runs: one run, two compared, or more as the steps of a ladder. `as_ladder` makes a
// ladder of one or two as well. Preconditions: at least one run; `shelf` has an entry for the dataset of
// each. Throws UsageError for runs of different datasets, and as examine() does.
std::string make_report(std::vector<StoredRun> runs, bool as_ladder, const Shelf& shelf, ThreadPool& pool);

inline constexpr const char* kReportFile = "report.html";

// Writes the page about a run, or a ladder of runs, into its folder. `data` are their images. Throws IoError,
// and as make_report().
void write_report(const std::filesystem::path& folder, const data::Dataset& data, ThreadPool& pool);

}  // namespace rung::report

// Targets, Results and Analysis of a ladder as Markdown that also reads well in a terminal: tables are
// aligned.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ladder/analysis.h"
#include "ladder/run.h"

namespace rung::ladder {

// The literal text in Markdown: on one line, with control characters spelt out and markup escaped.
std::string escaped(const std::string& text);

// A metric's value with its unit: "99.40 %", "13,590", "+0.25 points".
std::string metric_text(recipe::Metric metric, double value);

// What a target's metric came to: "99.41 %, before: 99.40 %"; a mean of the last epochs that is not over
// three says so.
std::string measured_text(const TargetResult& result, const train::RunRecord& record);

// A table whose columns are padded to equal width; the first row is the head, the first columns are words and
// left-aligned, the others right-aligned. Widths are those on a terminal.
std::string markdown_table(const std::vector<std::vector<std::string>>& rows, size_t words = 1);

// A head and a row per step, beside the figures it is compared with: what ladder_table() shows, as plain
// text. What matters most comes first: a narrow terminal has no room for all.
std::vector<std::vector<std::string>> ladder_rows(std::span<const Outcome> steps);
std::string ladder_table(std::span<const Outcome> steps);

// A step's section: title, description, Targets, Results, Analysis.
std::string step_section(const Outcome& step, const Analysis& analysis);

// The whole document. `analyses` holds one per step.
std::string ladder_document(std::span<const Outcome> steps, std::span<const Analysis> analyses);

}  // namespace rung::ladder

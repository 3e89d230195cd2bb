// A run's aims and outcome: targets, results, analysis.
#pragma once

#include <string>
#include <vector>

#include "report/exhibit.h"
#include "report/page.h"

namespace rung::report {

// For a headline.
std::string title_of(const Exhibit& exhibit);

int64_t targets_met(const Exhibit& exhibit);

// Accuracy of the last epoch, with its standard error if the number of images is known.
std::string last_accuracy(const train::RunRecord& record);

// "AMD EPYC, 2 threads, avx512"; empty if it is not known.
std::string machine_text(const train::Machine& machine);

// The most important figures, and what is missing.
Html headline(const Exhibit& exhibit);

// What changed, targets, results beside the reference's, analysis.
std::vector<Section> story_sections(const Exhibit& exhibit);

}  // namespace rung::report

// The page that compares two runs: do they differ by more than chance, and on which images?
#pragma once

#include <string>

#include "report/exhibit.h"

namespace rung::report {

// Throws UsageError if the two were trained on different datasets.
std::string comparison_page(const Exhibit& first, const Exhibit& second);

}  // namespace rung::report

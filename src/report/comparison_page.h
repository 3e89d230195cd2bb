// The page that compares two runs: do they differ by more than chance, and on which images?
#pragma once

#include <string>

#include "report/exhibit.h"

namespace rung::report {

// Precondition: both are of the same dataset.
std::string comparison_page(const Exhibit& first, const Exhibit& second);

}  // namespace rung::report

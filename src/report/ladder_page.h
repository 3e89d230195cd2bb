// The page about a ladder: all steps compared, then each step's story and its details.
#pragma once

#include <span>
#include <string>

#include "report/exhibit.h"

namespace rung::report {

// Precondition: at least one step.
std::string ladder_page(std::span<const Exhibit> steps);

}  // namespace rung::report

// A comparison as text and a table, for the terminal.
#pragma once

#include <string>

#include "bench/comparison.h"

namespace rung::bench {

// Medians, with the smallest and largest value in parentheses.
std::string comparison_table(const Comparison& comparison);

}  // namespace rung::bench

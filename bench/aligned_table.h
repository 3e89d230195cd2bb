// A table for the terminal: columns aligned, the first to the left, the others to the right.
#pragma once

#include <string>
#include <vector>

namespace rung::bench {

// `rows`, of which the first is the heading, hold ASCII and have the same length.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace rung::bench

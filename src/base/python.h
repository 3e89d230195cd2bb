// Which Python runs the programs that are built into Rung, for what only Python's libraries do.
#pragma once

#include <string>
#include <string_view>

namespace rung {

// `python3`, which PATH is searched for, or what the environment's RUNG_PYTHON names: a name or a path.
std::string python_interpreter();

// The last line that a program said, to be quoted.
std::string last_line(std::string_view output);

}  // namespace rung

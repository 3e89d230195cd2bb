// Which Python runs the programs that are built into Rung, for what only Python's libraries do.
#pragma once

#include <string>

namespace rung {

// `python3`, which PATH is searched for, or what the environment's RUNG_PYTHON names: a name or a path.
std::string python_interpreter();

}  // namespace rung

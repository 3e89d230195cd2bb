// Which Python runs the programs that are built into Rung, for what only Python's libraries do.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/child_process.h"

namespace rung {

// `python3`, which PATH is searched for, or what the environment's RUNG_PYTHON names: a name or a path.
std::string python_interpreter();

// Runs the text of a program with these arguments, as run_process() does, from a folder of its own within
// `folder`, so that Python finds no modules in the user's current one.
ProcessResult run_python(std::string_view program, const std::vector<std::string>& arguments,
                         const std::filesystem::path& folder,
                         const std::function<void()>& while_waiting = {});

// The last line that a program said, to be quoted.
std::string last_line(std::string_view output);

}  // namespace rung

// The answer to a command line that is not understood: what is wrong, what was probably meant, where the help
// is.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace rung::app {

// The command that the arguments reached: "data show".
const CLI::App& reached(const CLI::App& app);

// Its subcommands, in the order of their declaration.
std::vector<const CLI::App*> commands_of(const CLI::App& command);

// Whether a subcommand must follow.
bool is_group(const CLI::App& command);

// "rung data show".
std::string full_name(const CLI::App& command);

// Whether --help was asked for of a command that does not exist.
bool is_misspelt(const CLI::App& app);

// The parser's complaint in our words.
UsageError usage_error(const CLI::App& app, const CLI::ParseError& error);

// There is no command `word` below `group`.
UsageError no_such_command(const CLI::App& group, const std::string& word);

}  // namespace rung::app

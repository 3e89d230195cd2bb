// The manual page, made of what the command line declares, so that it cannot go stale.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace rung::app {

// The page of the program and all its commands, for man(1): roff with the macros of man(7).
std::string man_page(const CLI::App& program);

}  // namespace rung::app

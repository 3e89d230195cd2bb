// Command lines for the user to run: how this program is called, and how a command is given again.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace rung::app {

// The text as one word of a shell's command line.
std::string shell_word(const std::string& text);

// What runs this program again from here: "rung" if the shell finds it by that name, else its path.
std::string program_word();

// "rung train --resume runs/step3-seed1"
std::string resume_command(const std::string& command, const std::filesystem::path& folder);

// The command as it was given, with this value of the option (a long name), and without what that excludes:
// "rung train --threads 2 --resume runs/step3-seed1".
std::string repeated_with(const CLI::App& command, const std::string& option, const std::string& value);

}  // namespace rung::app

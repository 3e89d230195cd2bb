#include "command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

// Bytes that no terminal shows, spelt as Bash reads them: $'caf\xe9'.
std::string bash_word(const std::string& text) {
  std::string escaped;
  for (const char byte : text) {
    if (byte == '\'' || byte == '\\') escaped += '\\';
    escaped += byte;
  }
  return "$'" + printable(escaped) + "'";
}

// Whether the shell finds this program by the name "rung".
bool is_first_on_path(const fs::path& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  std::error_code error;
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const fs::path found = fs::path(folder) / "rung"; fs::is_regular_file(found, error))
      return fs::equivalent(found, program, error);
  return false;
}

// " --out run", " --out=-run", " run" for an argument without a name.
std::string written(const std::string& option, const std::string& value) {
  if (option.empty()) return " " + shell_word(value);
  return fmt::format(" {}{}{}", option, value.starts_with('-') ? "=" : " ", shell_word(value));
}

// The option as it was given; empty if it was not.
std::string given(const CLI::Option& option) {
  const std::string name = option.get_positional() ? "" : "--" + option.get_lnames().front();
  if (option.get_items_expected_max() == 0) return option.count() > 0 && option.as<bool>() ? " " + name : "";
  std::string text;
  for (const std::string& value : option.results()) text += written(name, value);
  return text;
}

}  // namespace

std::string shell_word(const std::string& text) {
  const auto is_plain = [](unsigned char byte) {
    return std::isalnum(byte) != 0 ||
           std::string_view("/._-+,:@%").find(static_cast<char>(byte)) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  if (has_control(text) || !is_utf8(text)) return bash_word(text);
  std::string quoted = "'";
  for (const char byte : text) quoted += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return quoted + "'";
}

std::string program_word() {
  std::error_code error;
  std::string file = fs::read_symlink("/proc/self/exe", error).string();
  constexpr std::string_view kReplaced = " (deleted)";  // what Linux adds to it after a new build
  if (file.ends_with(kReplaced)) file.resize(file.size() - kReplaced.size());
  const fs::path program = file;
  if (error || is_first_on_path(program)) return "rung";
  const fs::path near = program.lexically_relative(fs::current_path(error));
  if (near.empty() || *near.begin() == "..") return shell_word(program.string());
  return shell_word(near.has_parent_path() ? near.string() : "./" + near.string());
}

std::string resume_command(const std::string& command, const fs::path& folder) {
  return fmt::format("{} {}{}", program_word(), command, written("--resume", folder.string()));
}

std::string repeated_with(const CLI::App& command, const std::string& option, const std::string& value) {
  const CLI::Option* set = command.get_option(option);
  const auto excluded = set->get_excludes();
  std::string line = program_word() + " " + command.get_name();
  for (const CLI::Option* one : command.get_options()) {
    if (one == set) {
      line += written(option, value);
    } else if (std::ranges::find(excluded, one) == excluded.end()) {
      line += given(*one);
    }
  }
  return line;
}

}  // namespace rung::app

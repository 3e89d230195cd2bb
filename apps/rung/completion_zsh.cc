#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion_script.h"

namespace rung::app {
namespace {

constexpr const char* kHead = R"zsh(#compdef rung
# Completion of rung's command line for zsh, printed by `rung completion zsh`.

# The names there are of the kind that is the last argument; those before it are compadd's.
_rung_values() {
  local -a names=(${(f)"$($program completion --values $argv[-1] 2>/dev/null)"})
  compadd "${(@)argv[1,-2]}" -a names
}

_rung_recipes() {
  _alternative 'names:recipe:_rung_values RECIPE' 'files:file:_files -g "*.toml"'
}
)zsh";

// When sourced it registers itself; as a file in $fpath, its first call completes.
constexpr const char* kTail = R"zsh(
if [[ $funcstack[1] == _rung ]]; then _rung "$@"; else compdef _rung rung; fi
)zsh";

// Within single quotes, and in brackets or before a colon of _arguments.
std::string quoted(const std::string& text) {
  std::string result;
  for (const char byte : text) {
    if (byte == '\'') {
      result += "'\\''";
      continue;
    }
    if (byte == '[' || byte == ']' || byte == ':' || byte == '\\') result += '\\';
    result += byte;
  }
  return result;
}

std::string action_of(const ValueKind& kind) {
  if (!kind.words.empty()) return fmt::format("({})", fmt::join(kind.words, " "));
  if (kind.name == "DIR" || kind.name == "RUN_DIR" || kind.name == "DIR|URL") return "_files -/";
  if (kind.name == "FILE") return "_files";
  if (kind.name == "RECIPE") return "_rung_recipes";
  if (kind.name == "DATASET" || kind.name == "TARGET" || kind.name == "COMMAND")
    return "_rung_values " + kind.name;
  return " ";  // a value about which nothing is known
}

// "'(-q --quiet)'{-q,--quiet}'[Print nothing]'", "'--out=[Folder]:DIR:_files -/'"
std::string spec_of(const DeclaredOption& option) {
  const std::string value =
      option.takes_value ? fmt::format(":{}:{}", quoted(option.kind.name), action_of(option.kind)) : "";
  const std::string rest = fmt::format("[{}]{}'", quoted(option.about), value);
  const std::string mark = option.takes_value ? "=" : "";
  if (option.names.size() == 1) return fmt::format("'{}{}{}", option.names.front(), mark, rest);
  return fmt::format("'({})'{{{}}}'{}", fmt::join(option.names, " "), fmt::join(option.names, mark + ","),
                     rest);
}

std::string spec_of_argument(const DeclaredOption& argument) {
  return fmt::format("'{}:{}:{}'", argument.repeats ? "*" : "", quoted(argument.kind.name),
                     action_of(argument.kind));
}

// A function for the command, after those of the commands below it.
std::string function_of(const DeclaredCommand& command, const std::string& name) {
  std::string text, described, cases;
  for (const DeclaredCommand& below : command.commands) {
    const std::string its_name = name + "_" + below.name;
    text += function_of(below, its_name);
    described += fmt::format("    '{}:{}'\n", below.name, quoted(below.about));
    cases += fmt::format("        {}) {} ;;\n", below.name, its_name);
  }
  text += fmt::format("\n{}() {{\n", name);
  if (name == "_rung") text += "  local program=$words[1]\n";
  if (!described.empty())
    text += fmt::format(
        "  local context state state_descr line\n  typeset -A opt_args\n  local -a commands=(\n{}  )\n",
        described);
  text += described.empty() ? "  _arguments -s -S" : "  _arguments -C";
  for (const DeclaredOption& option : command.options) text += " \\\n    " + spec_of(option);
  for (const DeclaredOption& argument : command.arguments) text += " \\\n    " + spec_of_argument(argument);
  if (!described.empty())
    text += fmt::format(
        " \\\n    '1: :->command' \\\n    '*:: :->rest'\n  case $state in\n"
        "    command) _describe command commands ;;\n    rest)\n      case $words[1] in\n{}      esac ;;\n  "
        "esac",
        cases);
  return text + "\n}\n";
}

}  // namespace

std::string zsh_completion(const DeclaredCommand& program) {
  return kHead + function_of(program, "_rung") + kTail;
}

}  // namespace rung::app

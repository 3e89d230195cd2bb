#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion_script.h"

namespace rung::app {
namespace {

constexpr const char* kHead =
    R"(# Completion of rung's command line for bash, printed by `rung completion bash`.
)";

constexpr const char* kTail = R"(
# Takes those of the lines that begin with the word to complete.
_rung_offer() {
  local line
  while IFS= read -r line; do
    if [[ $line == "$current"* ]]; then COMPREPLY+=("$line"); fi
  done
}

# What a value of this kind may be: a kind's name, or the words.
_rung_complete() {
  case $1 in
    DIR | RUN_DIR | "DIR|URL")
      compopt -o filenames
      _rung_offer < <(compgen -d -- "$current") ;;
    FILE)
      compopt -o filenames
      _rung_offer < <(compgen -f -- "$current") ;;
    RECIPE)
      compopt -o filenames
      _rung_offer < <("${COMP_WORDS[0]}" completion --values RECIPE 2>/dev/null
        compgen -d -- "$current"
        compgen -f -X '!*.toml' -- "$current") ;;
    DATASET | TARGET | COMMAND)
      _rung_offer < <("${COMP_WORDS[0]}" completion --values "$1" 2>/dev/null) ;;
    *" "*)
      _rung_offer < <(printf '%s\n' $1) ;;
  esac
}

_rung() {
  local commands options arguments repeats kind="" path="" given=0 at word
  local current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  _rung_declared
  for ((at = 1; at < COMP_CWORD; ++at)); do
    word=${COMP_WORDS[at]}
    if [[ $word == -* ]]; then
      _rung_value "$word"
      [[ $kind ]] || continue
      # Its value comes next; "--seed=7" reaches us as three words.
      if [[ ${COMP_WORDS[at + 1]} == "=" ]]; then ((++at)); fi
      if ((at + 1 >= COMP_CWORD)); then
        if [[ $current == "=" ]]; then current=""; fi
        _rung_complete "$kind"
        return
      fi
      ((++at))
    elif [[ " $commands " == *" $word "* ]]; then
      path+=${path:+ }$word
      _rung_declared
    else
      ((++given))
    fi
  done
  if [[ $current == -* ]]; then
    _rung_offer < <(printf '%s\n' $options)
  elif [[ $commands ]]; then
    _rung_offer < <(printf '%s\n' $commands)
  else
    if [[ $repeats ]] && ((given >= ${#arguments[@]})); then given=$((${#arguments[@]} - 1)); fi
    _rung_complete "${arguments[given]-}"
  fi
}

complete -F _rung rung
)";

// A kind as _rung_complete takes it. A single word gets a space, which marks it as words.
std::string text_of(const ValueKind& kind) {
  if (kind.words.empty()) return kind.name;
  return fmt::format("{}{}", fmt::join(kind.words, " "), kind.words.size() == 1 ? " " : "");
}

template <typename Visit>
void for_each_command(const DeclaredCommand& command, const std::string& path, Visit visit) {
  visit(command, path);
  for (const DeclaredCommand& below : command.commands)
    for_each_command(below, path.empty() ? below.name : path + " " + below.name, visit);
}

std::string case_of(const DeclaredCommand& command, const std::string& path) {
  std::vector<std::string> commands, options, arguments;
  for (const DeclaredCommand& below : command.commands) commands.push_back(below.name);
  for (const DeclaredOption& option : command.options)
    options.insert(options.end(), option.names.begin(), option.names.end());
  for (const DeclaredOption& argument : command.arguments)
    arguments.push_back(fmt::format("\"{}\"", text_of(argument.kind)));
  const bool repeats = !command.arguments.empty() && command.arguments.back().repeats;
  return fmt::format(
      "    \"{}\")\n      commands=\"{}\" repeats={} arguments=({})\n      options=\"{}\" ;;\n", path,
      fmt::join(commands, " "), repeats ? "yes" : "", fmt::join(arguments, " "), fmt::join(options, " "));
}

std::string value_cases_of(const DeclaredCommand& command, const std::string& path) {
  std::string cases;
  for (const DeclaredOption& option : command.options) {
    if (!option.takes_value) continue;
    for (const std::string& name : option.names)
      cases += fmt::format("    \"{} {}\") kind=\"{}\" ;;\n", path, name, text_of(option.kind));
  }
  return cases;
}

}  // namespace

std::string bash_completion(const DeclaredCommand& program) {
  std::string commands, values;
  for_each_command(program, "", [&](const DeclaredCommand& command, const std::string& path) {
    commands += case_of(command, path);
    values += value_cases_of(command, path);
  });
  return fmt::format(
      "{}\n# What may follow the commands in $path.\n_rung_declared() {{\n  case $path in\n{}  esac\n}}\n"
      "\n# The kind of the value that the option takes there; empty if it takes none.\n_rung_value() {{\n"
      "  case \"$path $1\" in\n{}    *) kind=\"\" ;;\n  esac\n}}\n{}",
      kHead, commands, values, kTail);
}

}  // namespace rung::app

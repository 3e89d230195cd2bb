#include "man_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "usage.h"

namespace rung::app {
namespace {

// One character as roff prints it. A hyphen that people may copy must be \-, a minus sign.
std::string escaped(char character, bool copied) {
  switch (character) {
    case '\\':
      return "\\e";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '~':
      return "\\(ti";
    case '^':
      return "\\(ha";
    case '-':
      return copied ? "\\-" : "-";
    default:
      return {character};
  }
}

// Text that is copied as it stands: options, commands, examples.
std::string literal(std::string_view text) {
  std::string result;
  for (const char character : text) result += escaped(character, true);
  return result;
}

// A paragraph's text. What is within `...` becomes bold; hyphens before a word belong to options.
std::string prose(std::string_view text) {
  std::string result;
  bool bold = false;
  char before = ' ';
  for (const char character : text) {
    if (character == '`') {
      bold = !bold;
      result += bold ? "\\fB" : "\\fR";
    } else {
      result += escaped(character, bold || before == ' ' || before == '-' || before == '(');
    }
    before = character;
  }
  return result;
}

// Lines of at most 80 bytes, as roff's sources should have; roff fills them again.
std::string filled(std::string_view text) {
  constexpr size_t kWidest = 80;
  std::string result;
  size_t width = 0;
  for (const std::string& word : CLI::detail::split(prose(text), ' ')) {
    const bool fits = width + 1 + word.size() <= kWidest;
    if (width > 0) result += fits ? ' ' : '\n';
    width = width > 0 && fits ? width + 1 + word.size() : word.size();
    result += word;
  }
  return result + "\n";
}

// "N:INT in [1 - 1024]", as CLI11 describes a value: its name, and what it may be.
struct Value {
  std::string name;
  std::string limits;  // a sentence, or empty
};

Value value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t colon = type.find(':');
  if (colon == std::string::npos) return {type, ""};
  const std::string limits = type.substr(colon + 1);
  const size_t open = limits.find_first_of("[{");
  if (open == std::string::npos) return {type.substr(0, colon), ""};
  std::string range = limits.substr(open + 1, limits.size() - open - 2);
  if (limits[open] == '{')
    return {type.substr(0, colon), "One of " + CLI::detail::find_and_replace(range, ",", ", ") + "."};
  return {type.substr(0, colon), "From " + CLI::detail::find_and_replace(range, " - ", " to ") + "."};
}

std::string sentence(const std::string& text) {
  return text.ends_with('?') ? text : text + ".";
}

std::string name_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names.empty() ? option.get_single_name() : fmt::format("{}", fmt::join(names, ", "));
}

// "Not together with --seed, --out.", in the order in which the command declares them.
std::string excluded_by(const CLI::Option& option, const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* other : command.get_options())
    if (std::ranges::count(option.get_excludes(), other) > 0) names.push_back(name_of(*other));
  return names.empty() ? "" : fmt::format("Not together with {}.", fmt::join(names, ", "));
}

std::string item(const std::string& name, const std::string& value, const std::string& about) {
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}", literal(name),
                     value.empty() ? "" : fmt::format(" \\fI{}\\fR", literal(value)), filled(about));
}

std::string item_of(const CLI::Option& option, const CLI::App& command) {
  const Value value = value_of(option);
  const bool repeats = option.get_items_expected_max() > 1;
  std::vector<std::string> sentences = {sentence(option.get_description())};
  for (const std::string& more : {value.limits, excluded_by(option, command)})
    if (!more.empty()) sentences.push_back(more);
  const std::string about = fmt::format("{}", fmt::join(sentences, " "));
  if (option.get_positional()) return item(name_of(option) + (repeats ? "..." : ""), "", about);
  return item(name_of(option), option.get_items_expected_max() > 0 ? value.name : "", about);
}

// The options, or the positional arguments.
std::string items_of(const CLI::App& command, bool positional) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    const bool is_help = command.get_parent() != nullptr && option == command.get_help_ptr();
    if (option->get_positional() == positional && !is_help) text += item_of(*option, command);
  }
  return text;
}

// A command's footer: its paragraph, and what follows the line "Example:".
struct Footer {
  std::vector<std::string> lines;
  std::string examples;
};

Footer footer_of(const CLI::App& command) {
  constexpr std::string_view kExample = "Example:\n";
  const std::string text = command.get_footer();
  const size_t at = std::min(text.find(kExample), text.size());
  Footer footer{CLI::detail::split(text.substr(0, at), '\n'), ""};
  std::erase(footer.lines, "");
  for (const std::string& line :
       CLI::detail::split(text.substr(std::min(at + kExample.size(), text.size())), '\n'))
    footer.examples += literal(line.substr(std::min(line.find_first_not_of(' '), line.size()))) + "\n";
  return footer;
}

// "rung train [RECIPE]"
std::string synopsis_of(const CLI::App& command) {
  std::string text = full_name(command) + " [OPTION...]";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_single_name() + (option->get_items_expected_max() > 1 ? "..." : "");
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text + (is_group(command) ? " COMMAND" : "");
}

std::string section_of(const CLI::App& command) {
  const Footer footer = footer_of(command);
  std::string text = fmt::format(".SS {}\n{}{}{}", literal(synopsis_of(command)),
                                 filled(sentence(command.get_description())), items_of(command, true),
                                 items_of(command, false));
  if (!footer.lines.empty())
    text += fmt::format(".PP\n{}", filled(fmt::format("{}", fmt::join(footer.lines, " "))));
  text += fmt::format(".PP\nExample:\n.PP\n.RS\n.EX\n{}.EE\n.RE\n", footer.examples);
  for (const CLI::App* below : commands_of(command)) text += section_of(*below);
  return text;
}

// The commands under their groups' titles, in the order of the help.
std::string list_of_commands(const CLI::App& program) {
  std::string text, group;
  for (const CLI::App* command : commands_of(program)) {
    if (command->get_group() != group) text += fmt::format(".SS {}\n", group = command->get_group());
    text += item(command->get_name(), "", sentence(command->get_description()));
  }
  return text;
}

}  // namespace

std::string man_page(const CLI::App& program) {
  constexpr std::string_view kCodes = "Exit codes: ";
  const Footer footer = footer_of(program);
  const std::string about = program.get_description();
  std::string sections, rest = fmt::format("{}", fmt::join(footer.lines, " "));
  for (const CLI::App* command : commands_of(program)) sections += section_of(*command);
  const size_t codes = rest.find(kCodes);
  return fmt::format(
      ".TH RUNG 1 {} \"rung {}\" \"User Commands\"\n.SH NAME\nrung \\- train very small image classifiers on "
      "a CPU\n"
      ".SH SYNOPSIS\n\\fBrung\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n.SH "
      "DESCRIPTION\n{}{}"
      ".SH OPTIONS\n{}.SH COMMANDS\n{}.SH \"THE COMMANDS AND THEIR OPTIONS\"\n{}.SH \"EXIT STATUS\"\n{}"
      ".SH EXAMPLES\n.EX\n{}.EE\n",
      RUNG_RELEASED, RUNG_VERSION, filled(about), filled(rest.substr(0, codes)), items_of(program, false),
      list_of_commands(program), sections, filled(rest.substr(codes + kCodes.size())), footer.examples);
}

}  // namespace rung::app

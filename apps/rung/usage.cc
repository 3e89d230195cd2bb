#include "usage.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace rung::app {
namespace {

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& group) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(group)) names.push_back(command->get_name());
  return names;
}

// "; did you mean train?", or nothing.
std::string guess(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto found = nearest(word, candidates);
  return found ? fmt::format("; did you mean {}?", *found) : "";
}

std::string help_hint(const CLI::App& command) {
  return fmt::format("`{} --help` lists the {}", full_name(command),
                     is_group(command) ? "commands" : "options");
}

// The first command below "Example:" in the help; empty if it has none.
std::string example_of(const CLI::App& command) {
  constexpr std::string_view kBefore = "Example:\n  ";
  const std::string footer = command.get_footer();
  const size_t at = footer.find(kBefore);
  if (at == std::string::npos) return "";
  const size_t begin = at + kBefore.size();
  return footer.substr(begin, footer.find('\n', begin) - begin);
}

UsageError unknown_word(const CLI::App& command, const std::string& word) {
  if (!word.starts_with('-'))
    return UsageError(fmt::format("{} does not take the argument {}", full_name(command), word),
                      help_hint(command));
  const std::string name = word.substr(0, word.find('='));
  return UsageError(
      fmt::format("{} has no option {}{}", full_name(command), name, guess(name, option_names(command))),
      help_hint(command));
}

UsageError missing(const CLI::App& command, std::string_view message) {
  constexpr std::string_view kRequired = " is required";
  if (message.ends_with(kRequired)) message.remove_suffix(kRequired.size());
  const std::string example = example_of(command);
  return UsageError(fmt::format("{}: {} is missing", full_name(command), message),
                    (example.empty() ? "" : fmt::format("for example `{}`; ", example)) + help_hint(command));
}

}  // namespace

const CLI::App& reached(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? app : reached(*below.front());
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* /*any*/) { return true; });
}

bool is_group(const CLI::App& command) {
  return !commands_of(command).empty();
}

std::string full_name(const CLI::App& command) {
  const CLI::App* above = command.get_parent();
  return above == nullptr ? command.get_name() : full_name(*above) + " " + command.get_name();
}

bool is_misspelt(const CLI::App& app) {
  const auto rest = app.remaining(/*recurse=*/true);
  return is_group(reached(app)) && !rest.empty() && !rest.front().starts_with('-');
}

UsageError usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = reached(app);
  const auto rest = app.remaining(/*recurse=*/true);
  if (is_misspelt(app)) return no_such_command(command, rest.front());
  if (!rest.empty() && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    return unknown_word(command, rest.front());
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return missing(command, error.what());
  return UsageError(error.what(), help_hint(command));
}

UsageError no_such_command(const CLI::App& group, const std::string& word) {
  return UsageError(
      fmt::format("{} has no command {}{}", full_name(group), word, guess(word, command_names(group))),
      help_hint(group));
}

}  // namespace rung::app

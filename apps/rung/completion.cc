// rung completion bash|zsh
#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "completion_script.h"
#include "data/registry.h"
#include "kernels/simd.h"
#include "options.h"
#include "terminal.h"
#include "usage.h"

namespace rung::app {
namespace {

struct Options {
  std::string shell;
  std::string values;
};

// "{test,train}", as CLI::IsMember describes itself, as words; none for any other text.
std::vector<std::string> words_of(const std::string& type) {
  const size_t open = type.find('{');
  if (open == std::string::npos || type.back() != '}') return {};
  return CLI::detail::split(type.substr(open + 1, type.size() - open - 2), ',');
}

DeclaredOption option_of(const CLI::Option& option) {
  DeclaredOption result;
  result.about = option.get_description();
  result.takes_value = option.get_items_expected_max() > 0;
  result.repeats = option.get_items_expected_max() > 1;
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  const std::string type = option.get_type_name();
  result.kind.name = option.get_positional() ? option.get_single_name() : type.substr(0, type.find(':'));
  result.kind.words = words_of(type);
  return result;
}

// Names that depend on the machine and the folder.
std::vector<std::string> values_of(const std::string& kind, const CLI::App& program) {
  if (kind == "RECIPE") return recipe_names();
  if (kind == "TARGET") return kernels::simd_targets();
  std::vector<std::string> names;
  if (kind == "COMMAND") {
    for (const DeclaredCommand& command : declared(program).commands) names.push_back(command.name);
    return names;
  }
  for (const data::DatasetInfo& dataset : data::known_datasets()) names.push_back(dataset.name);
  return names;
}

void print(const CLI::App& program, const Options& options) {
  if (!options.values.empty()) {
    for (const std::string& value : values_of(options.values, program)) say("{}\n", value);
  } else if (options.shell == "zsh") {
    write_out(zsh_completion(declared(program)));
  } else if (options.shell == "bash") {
    write_out(bash_completion(declared(program)));
  } else {
    throw CLI::RequiredError("SHELL");
  }
}

}  // namespace

DeclaredCommand declared(const CLI::App& app) {
  DeclaredCommand command;
  command.name = app.get_name();
  command.about = app.get_description();
  for (const CLI::Option* option : app.get_options())
    (option->get_positional() ? command.arguments : command.options).push_back(option_of(*option));
  for (const CLI::App* below : commands_of(app)) command.commands.push_back(declared(*below));
  return command;
}

void add_completion(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("completion", "Print a script for completion in bash or zsh");
  CLI::Option* shell = command->add_option("SHELL", options->shell, "The shell it is for")
                           ->check(CLI::IsMember({"bash", "zsh"}));
  command
      ->add_option("--values", options->values,
                   "Print all names of this kind instead (the completion scripts use it)")
      ->check(CLI::IsMember({"RECIPE", "DATASET", "TARGET", "COMMAND"}))
      ->excludes(shell)
      ->type_name("KIND");
  command->footer(
      "Example:\n  rung completion bash >~/.local/share/bash-completion/completions/rung\n"
      "  rung completion zsh >\"${fpath[1]}/_rung\"");
  command->callback([options, &app] { print(app, *options); });
}

}  // namespace rung::app

// Shell completion, generated from the declared command line, so that it cannot go stale. When used, the
// scripts ask the program for the names of recipes, datasets and instruction sets.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace rung::app {

// The kinds of values for completion: the name of a kind ("DIR", "RECIPE", ...), or the words themselves.
struct ValueKind {
  std::string name;
  std::vector<std::string> words;
};

struct DeclaredOption {
  std::vector<std::string> names;  // "-q", "--quiet"; none for a positional argument
  std::string about;
  bool takes_value = false;
  bool repeats = false;
  ValueKind kind;
};

struct DeclaredCommand {
  std::string name;
  std::string about;
  std::vector<DeclaredOption> options;
  std::vector<DeclaredOption> arguments;  // the positional ones, in order
  std::vector<DeclaredCommand> commands;
};

DeclaredCommand declared(const CLI::App& app);

std::string bash_completion(const DeclaredCommand& program);
std::string zsh_completion(const DeclaredCommand& program);

}  // namespace rung::app

// rung help [COMMAND...]: the same as rung COMMAND --help, into which main() turns it.
#include <memory>
#include <string>
#include <vector>

#include "commands.h"

namespace rung::app {

void add_help(CLI::App& app) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("help", "Show the help of a command");
  command->add_option("COMMAND", *words, "The command, as in train or data show (default: all commands)");
  command->footer("Example:\n  rung help train\n  rung help data show");
  command->callback([words] {});  // the option refers to them
}

}  // namespace rung::app

// rung help [COMMAND...]: the same as rung COMMAND --help, into which main() turns it. rung help --man: the
// manual page.
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "man_page.h"
#include "terminal.h"

namespace rung::app {
namespace {

struct Options {
  std::vector<std::string> words;
  bool man = false;
};

}  // namespace

void add_help(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("help", "Show the help of a command");
  CLI::Option* words = command->add_option("COMMAND", options->words,
                                           "The command, as in train or data show (default: all commands)");
  command->add_flag("--man", options->man, "Print the manual page, for man(1)")->excludes(words);
  command->footer("Example:\n  rung help train\n  rung help data show\n  rung help --man | man -l -");
  command->callback([options, &app] { write_out(options->man ? man_page(app) : app.help()); });
}

}  // namespace rung::app

// The command line `rung`: parses arguments, runs a subcommand, turns errors into one line and an exit code.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "commands.h"
#include "interrupt.h"
#include "terminal.h"
#include "usage.h"

namespace rung::app {
namespace {

// If the caller closed a standard stream, no file may be opened in its place, or output would go into that
// file. Opened in the wrong direction, such a stream fails when used.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) == -1) {
      [[maybe_unused]] const int opened = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

// A reader or a server that has gone away and a file-size limit are errors of the call that meets them.
void let_writes_fail() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int report(const std::string& message, const std::string& hint, int exit_code) {
  show_error(message, hint);
  return exit_code;
}

// Ends as the signal would have ended the process, so that the caller sees what happened.
int end_by(const Interrupted& interrupted) {
  if (!std::string_view(interrupted.what()).empty()) report(interrupted.what(), interrupted.hint(), kFailed);
  std::signal(interrupted.signal, SIG_DFL);
  std::raise(interrupted.signal);
  return kFailed;
}

int report(const Error& error, int exit_code) {
  return report(error.what(), error.hint(), exit_code);
}

// Help and version are "errors" too, with exit code 0.
int report_parse(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0 || is_misspelt(app)) return report(usage_error(app, error), kUsage);
  std::ostringstream out;
  app.exit(error, out, out);
  write_out(out.str());
  return kDone;
}

// Commands in the order in which a newcomer meets them.
void group_commands(CLI::App& app) {
  const std::pair<const char*, std::vector<const char*>> groups[] = {
      {"Train", {"climb", "train", "sweep", "search"}},
      {"Look at a run", {"watch", "report", "eval", "verify"}},
      {"Use a trained model", {"predict", "playground", "export"}},
      {"Before training", {"data", "new", "summary", "lr-find", "bench"}},
      {"The command line", {"help", "completion"}}};
  for (const auto& [title, names] : groups)
    for (const char* name : names) app.get_subcommand(name)->group(title);
}

void declare(CLI::App& app, int& exit_code) {
  app.set_version_flag("--version", "rung " RUNG_VERSION);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.group("Commands");
  app.footer(
      "`rung help COMMAND` shows a command's options and an example.\n"
      "Exit codes: 0 done; 1 failed while running; 2 the command or a recipe is wrong; 3 a target was\n"
      "missed (with --strict); 130, 143, 129 or 141 ended by Ctrl-C, SIGTERM, SIGHUP or a closed pipe.\n"
      "Example:\n  rung climb                    # train the whole ladder\n"
      "  rung train step1 --epochs 1   # train one recipe, for a quick look");
  add_climb(app, exit_code);
  add_train(app, exit_code);
  add_sweep(app);
  add_search(app);
  add_watch(app);
  add_playground(app);
  add_report(app);
  add_eval(app);
  add_predict(app, exit_code);
  add_verify(app, exit_code);
  add_export(app);
  add_summary(app);
  add_new(app);
  add_data(app);
  add_lr_find(app);
  add_bench(app);
  add_help(app);
  add_completion(app);
  group_commands(app);
}

// "rung help data show" is "rung data show --help". (But not "rung help --help".)
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  const bool has_option = arguments.size() > 1 && arguments[1].starts_with('-');
  if (!arguments.empty() && arguments.front() == "help" && !has_option) {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  return arguments;
}

int parse_and_run(CLI::App& app, std::vector<std::string> arguments) {
  try {
    std::ranges::reverse(arguments);  // as CLI::App takes them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return report_parse(app, error);
  }
  const CLI::App& command = reached(app);
  if (!is_group(command)) return kDone;
  write_to_terminal(app.help());
  return report("a command is missing: choose one of those above", "", kUsage);
}

int run(int argc, char** argv) {
  try {
    CLI::App app(
        "Rung trains very small image classifiers on an ordinary CPU, and says what the result is worth.",
        "rung");
    int exit_code = kDone;
    declare(app, exit_code);
    return std::max<int>(parse_and_run(app, arguments_of(argc, argv)), exit_code);
  } catch (const Interrupted& interrupted) {
    return end_by(interrupted);
  } catch (const UsageError& error) {
    return report(error, kUsage);
  } catch (const Error& error) {
    return report(error, kFailed);
  } catch (const std::bad_alloc&) {
    return report("not enough memory", "use a smaller model or batch", kFailed);
  } catch (const std::exception& error) {
    return report(error.what(), "", kFailed);
  }
}

}  // namespace
}  // namespace rung::app

int main(int argc, char** argv) {
  rung::app::hold_standard_streams();
  rung::app::let_writes_fail();
  return rung::app::run(argc, argv);
}

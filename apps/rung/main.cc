// The command line `rung`: parses arguments, runs a subcommand, turns errors into one line and an exit code.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "interrupt.h"
#include "terminal.h"

namespace rung::app {
namespace {

// A file must not be opened as one of the standard streams that the caller closed, or what is printed would
// go into it. Opened the wrong way round, such a stream fails when it is used.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) == -1) {
      [[maybe_unused]] const int opened = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

// A reader that has gone away and a file-size limit are errors of the call that meets them, with a message.
void let_writes_fail() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int report(const std::string& message, const std::string& hint, int exit_code) {
  Line start("rung: ");
  start.add("error:", Colour::kRed);
  write_to_terminal(fmt::format("{} {}{}\n", start.bytes(has_colours(STDERR_FILENO)),
                                printable(message, "\n"),
                                hint.empty() ? "" : " (" + printable(hint, "\n") + ")"));
  return exit_code;
}

// Ends as the signal would have ended it, so that the caller sees what happened.
int end_by(const Interrupted& interrupted) {
  if (!std::string_view(interrupted.what()).empty()) report(interrupted.what(), interrupted.hint(), kFailed);
  std::signal(interrupted.signal, SIG_DFL);
  std::raise(interrupted.signal);
  return kFailed;
}

// The command that the arguments reached: "data show".
const CLI::App& reached(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? app : reached(*below.front());
}

std::string full_name(const CLI::App& app) {
  const CLI::App* above = app.get_parent();
  return above == nullptr ? app.get_name() : full_name(*above) + " " + app.get_name();
}

// Whether a command of its own must follow.
bool is_group(const CLI::App& app) {
  return !app.get_subcommands([](const CLI::App* /*any*/) { return true; }).empty();
}

std::string help_hint(const CLI::App& app) {
  return fmt::format("`{} --help` shows what there is", full_name(app));
}

// Help and version are "errors" too, with exit code 0.
int report_parse(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream out;
    app.exit(error, out, out);
    write_out(out.str());
    return kDone;
  }
  const CLI::App& command = reached(app);
  std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    message = fmt::format("there is no such {} or option: {}", is_group(command) ? "command" : "argument",
                          app.remaining(/*recurse=*/true).front());
  return report(message, help_hint(command), kUsage);
}

void declare(CLI::App& app, int& exit_code) {
  app.set_version_flag("--version", "rung " RUNG_VERSION);
  app.footer(
      "`rung COMMAND --help` shows a command's options and an example. Exit codes: 0 done, 1 failed while\n"
      "running, 2 the command or a recipe is wrong, 3 a target was missed (with --strict), 130, 143 or "
      "129\n"
      "ended by Ctrl-C, SIGTERM or SIGHUP.\n"
      "Example:\n  rung train step1 --epochs 1");
  add_climb(app, exit_code);
  add_train(app, exit_code);
  add_sweep(app);
  add_watch(app);
  add_eval(app);
  add_verify(app, exit_code);
  add_report(app);
  add_summary(app);
  add_lr_find(app);
  add_bench(app);
  add_data(app);
  add_completion(app);
}

int parse_and_run(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse(app, error);
  }
  if (!is_group(reached(app))) return kDone;
  throw UsageError("a command is missing", help_hint(reached(app)));
}

int run(int argc, char** argv) {
  try {
    CLI::App app(
        "Rung trains very small image classifiers on an ordinary CPU, fast, and says what the result is "
        "worth.",
        "rung");
    int exit_code = kDone;
    declare(app, exit_code);
    return std::max<int>(parse_and_run(app, argc, argv), exit_code);
  } catch (const Interrupted& interrupted) {
    return end_by(interrupted);
  } catch (const UsageError& error) {
    return report(error.what(), error.hint(), kUsage);
  } catch (const Error& error) {
    return report(error.what(), error.hint(), kFailed);
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

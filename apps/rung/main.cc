// The command line `rung`: parses arguments, runs a subcommand, turns errors into one line and an exit code.
#include <fmt/format.h>

#include <exception>

#include "base/error.h"
#include "commands.h"
#include "terminal.h"

namespace rung::app {
namespace {

int report(const std::exception& error, const std::string& hint, int exit_code) {
  fmt::print(stderr, "rung: error: {}{}\n", printable(error.what()),
             hint.empty() ? "" : " (" + printable(hint) + ")");
  return exit_code;
}

int run(int argc, char** argv) {
  CLI::App app(
      "Rung trains very small image classifiers on an ordinary CPU, fast, and says what the result is worth.",
      "rung");
  int exit_code = kDone;
  app.set_version_flag("--version", "rung " RUNG_VERSION);
  app.require_subcommand(1);
  app.footer(
      "`rung COMMAND --help` shows a command's options and an example. Exit codes: 0 done, 1 failed while "
      "running,\n"
      "2 the command or a recipe is wrong, 3 a target was missed (with --strict).");
  add_climb(app, exit_code);
  add_train(app, exit_code);
  add_eval(app);
  add_summary(app);
  add_data(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  } catch (const UsageError& error) {
    return report(error, error.hint(), kUsage);
  } catch (const Error& error) {
    return report(error, error.hint(), kFailed);
  } catch (const std::bad_alloc& error) {
    return report(error, "not enough memory: use a smaller model or batch", kFailed);
  } catch (const std::exception& error) {
    return report(error, "", kFailed);
  }
  return exit_code;
}

}  // namespace
}  // namespace rung::app

int main(int argc, char** argv) {
  return rung::app::run(argc, argv);
}

// The output goes through a file, not a pipe, so that neither side can block the other.
#include "base/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/require.h"

extern char** environ;

namespace rung {
namespace {

constexpr size_t kMostOutputBytes = 64 * 1024;
constexpr auto kPollInterval = std::chrono::milliseconds(20);

using OutputFile = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

[[noreturn]] void fail_program(const std::string& program, const std::string& what) {
  throw IoError(fmt::format("cannot run {}: {}", program, what));
}

std::string message(int error) {
  return std::generic_category().message(error);
}

// What happens in the child before the program starts.
class FileActions {
 public:
  FileActions(int output, const std::filesystem::path& folder) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// The child stays in this process group, so that an interrupt from the terminal ends both.
pid_t start(const std::vector<std::string>& arguments, int output, const std::filesystem::path& folder) {
  std::vector<char*> argv;
  // posix_spawn's interface lacks the const; it does not write to the arguments.
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const FileActions actions(output, folder);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, argv[0], actions.get(), nullptr, argv.data(), environ);
  if (error != 0) fail_program(arguments[0], message(error));
  return child;
}

void end(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

// The status as waitpid gives it.
int wait_until(pid_t child, std::chrono::seconds deadline, const std::function<void()>& while_waiting,
               const std::string& program) {
  const auto last = std::chrono::steady_clock::now() + deadline;
  while (true) {
    int status = 0;
    const pid_t done = ::waitpid(child, &status, WNOHANG);
    if (done == child) return status;
    if (done < 0 && errno != EINTR) fail_program(program, message(errno));
    try {
      if (while_waiting) while_waiting();
      if (std::chrono::steady_clock::now() > last)
        fail_program(program, fmt::format("it did not finish within {} s", deadline.count()));
    } catch (...) {
      end(child);
      throw;
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

std::string read_from_start(std::FILE* file) {
  std::string text(kMostOutputBytes, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                          std::chrono::seconds deadline, const std::function<void()>& while_waiting) {
  RUNG_REQUIRE(!arguments.empty());
  const OutputFile output(std::tmpfile(), &std::fclose);
  if (!output) fail_program(arguments[0], message(errno));
  const pid_t child = start(arguments, ::fileno(output.get()), folder);
  const int status = wait_until(child, deadline, while_waiting, arguments[0]);
  return {.exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          .output = read_from_start(output.get())};
}

}  // namespace rung

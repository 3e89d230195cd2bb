#include "bench/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

namespace rung::bench {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// A file without a name: the child can fill it at any speed while nobody reads.
File temporary_file() {
  File file(std::tmpfile());
  if (!file) throw IoError(fmt::format("no temporary file: {}", std::strerror(errno)));
  return file;
}

std::string contents(std::FILE* file) {
  std::string text;
  char piece[4096];
  std::rewind(file);
  while (const size_t size = std::fread(piece, 1, sizeof piece, file)) text.append(piece, size);
  return text;
}

std::string last_line(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text.substr(text.find_last_of('\n') + 1);
}

pid_t start(const std::vector<std::string>& command, int out, int err) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw ChildError(fmt::format("{}: {}", command[0], std::strerror(error)));
  return child;
}

struct End {
  int status = 0;
  double cpu_seconds = 0;  // used by the child
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

End wait_for(pid_t child) {
  End end;
  rusage usage{};
  while (wait4(child, &end.status, 0, &usage) == -1) {
    if (errno != EINTR) throw ChildError(fmt::format("wait4: {}", std::strerror(errno)));
  }
  end.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  return end;
}

// Processor time that all programs of the machine used since it started, and time stolen by other machines:
// the first line of /proc/stat without idle and iowait (man 5 proc).
double busy_seconds() {
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;
  double ticks = 0;
  double value = 0;
  for (int field = 0; field < 8 && file >> value; ++field) {
    if (field != 3 && field != 4) ticks += value;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string ending(int status) {
  return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                             : fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

ChildOutput run_child(const std::vector<std::string>& command) {
  const File out = temporary_file();
  const File err = temporary_file();
  const double busy = busy_seconds();
  const auto began = std::chrono::steady_clock::now();
  const End end = wait_for(start(command, fileno(out.get()), fileno(err.get())));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  if (end.status != 0) {
    throw ChildError(fmt::format("`{}` ended with {}: {}", fmt::join(command, " "), ending(end.status),
                                 last_line(contents(err.get()))));
  }
  const double others = std::max(0.0, busy_seconds() - busy - end.cpu_seconds) / seconds.count();
  return {contents(out.get()), seconds.count(), others};
}

nlohmann::ordered_json run_json_child(const std::vector<std::string>& command,
                                      const std::vector<std::string>& numbers) {
  const ChildOutput output = run_child(command);
  auto figures = nlohmann::ordered_json::parse(output.text, nullptr, /*allow_exceptions=*/false);
  if (!figures.is_object())
    throw ChildError(fmt::format("`{}` did not print a JSON object", fmt::join(command, " ")));
  for (const std::string& name : numbers) {
    if (figures.contains(name) && figures[name].is_number()) continue;
    throw ChildError(fmt::format("`{}` printed no number \"{}\"", fmt::join(command, " "), name));
  }
  figures["wall_seconds"] = output.seconds;
  figures["others"] = output.others;
  return figures;
}

}  // namespace rung::bench

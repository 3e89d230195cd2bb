// Runs another program to its end, without a shell.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace rung {

struct ProcessResult {
  int exit_status = 0;  // 128 + the signal if one ended it
  std::string output;   // standard output and standard error, interleaved, the first 64 KiB
};

// Runs arguments[0], looked up in PATH, in `folder`, with no standard input. Throws IoError if it cannot be
// started, or is killed because it is not done after `deadline`. `while_waiting` is called repeatedly; if it
// throws, the program is killed as well. Precondition: arguments is not empty.
ProcessResult run_process(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                          std::chrono::seconds deadline, const std::function<void()>& while_waiting = {});

}  // namespace rung

// Runs another program to its end and collects its output.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace rung::bench {

// A child that could not be started, failed, or printed something unexpected; the message is one line.
class ChildError : public Error {
  using Error::Error;
};

struct ChildOutput {
  std::string text;
  double seconds = 0;  // from start to end, by the wall clock
  double others = 0;   // processors that other programs kept busy meanwhile, on average; 0: a quiet machine
};

// `command` is a program, looked up in PATH if it holds no slash, and its arguments. Throws ChildError.
ChildOutput run_child(const std::vector<std::string>& command);

// The same for a program that prints one JSON object, to which "wall_seconds" and "others" are added. Also
// throws ChildError if one of `numbers` is absent.
nlohmann::ordered_json run_json_child(const std::vector<std::string>& command,
                                      const std::vector<std::string>& numbers);

}  // namespace rung::bench

// Typed errors. The library throws these and never prints, exits or aborts on input; the command line turns
// the type into an exit code. A message says what is wrong and where; `hint` says how to fix it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace rung {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, std::string hint = "")
      : std::runtime_error(message), hint_(std::move(hint)) {}

  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string hint_;
};

// The request itself is wrong: a command line, or a recipe ("step1.toml:12:3: unknown key ...").
class UsageError : public Error {
  using Error::Error;
};

// A data file does not hold what its format promises; the message names the file and the byte offset.
class DataError : public Error {
  using Error::Error;
};

// The operating system refused: a file cannot be read or written, a download failed.
class IoError : public Error {
  using Error::Error;
};

// The disk, or the user's share of it, is full.
class NoSpaceError : public IoError {
  using IoError::IoError;
};

// The request needs more memory than the machine has.
class MemoryError : public Error {
  using Error::Error;
};

// The training loss is no longer a finite number.
class DivergedError : public Error {
  using Error::Error;
};

}  // namespace rung

#include "base/python.h"

#include <cstdlib>
#include <filesystem>

namespace rung {

std::string python_interpreter() {
  const char* chosen = std::getenv("RUNG_PYTHON");
  const std::string name = chosen != nullptr && *chosen != '\0' ? chosen : "python3";
  // The program is not run in the current folder.
  return name.find('/') == std::string::npos ? name : std::filesystem::absolute(name).string();
}

}  // namespace rung

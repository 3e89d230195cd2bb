#include "base/python.h"

#include <cstdlib>
#include <filesystem>

#include "base/text.h"

namespace rung {

std::string python_interpreter() {
  const char* chosen = std::getenv("RUNG_PYTHON");
  const std::string name = chosen != nullptr && *chosen != '\0' ? chosen : "python3";
  // The program is not run in the current folder.
  return name.find('/') == std::string::npos ? name : std::filesystem::absolute(name).string();
}

std::string last_line(std::string_view output) {
  constexpr size_t kMost = 300;
  const size_t end = output.find_last_not_of(" \n");
  if (end == std::string_view::npos) return "it says nothing";
  output = output.substr(0, end + 1);
  output = output.substr(output.rfind('\n') + 1);
  return quotable(output.substr(0, kMost));
}

}  // namespace rung

#include "base/python.h"

#include <chrono>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

namespace rung {

std::string python_interpreter() {
  const char* chosen = std::getenv("RUNG_PYTHON");
  const std::string name = chosen != nullptr && *chosen != '\0' ? chosen : "python3";
  // The program is not run in the current folder.
  return name.find('/') == std::string::npos ? name : std::filesystem::absolute(name).string();
}

ProcessResult run_python(std::string_view program, const std::vector<std::string>& arguments,
                         const std::filesystem::path& folder, const std::function<void()>& while_waiting) {
  constexpr auto kDeadline = std::chrono::hours(24);
  const std::filesystem::path own = folder / "program";
  make_writable_folder(own);
  replace_file(own / "program.py", program, Sync::kNone);
  std::vector<std::string> all = {python_interpreter(), "-W", "ignore", own / "program.py"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_process(all, own, kDeadline, while_waiting);
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

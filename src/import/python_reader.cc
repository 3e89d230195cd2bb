#include "import/python_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/python.h"
#include "base/text.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr uint64_t kMostJsonBytes = 64 << 20;
constexpr int kSignals = 128;  // exit statuses from here on

ProcessResult run(std::span<const PythonFile> files, const Options& options, const fs::path& folder,
                  const Work& work) {
  std::vector<std::string> arguments = {folder, options.images, options.labels};
  for (const PythonFile& file : files) arguments.push_back(fs::absolute(file.path).string());
  try {
    return run_python(kPythonReader, arguments, folder, [&] { work.report("reading with Python", 0, 1); });
  } catch (const IoError& error) {
    throw IoError(fmt::format("{}: it is read by Python: {}", files.front().place, error.what()),
                  "install Python 3, or name it with RUNG_PYTHON");
  }
}

size_t file_of(const Json& entry, size_t files) {
  const auto file = entry.at("file").get<size_t>();
  if (file >= files)
    throw IoError(fmt::format("{} wrote the number of a file that is not there", python_interpreter()));
  return file;
}

// Text in what the program wrote is from the files.
[[noreturn]] void throw_failure(const Json& failure, std::span<const PythonFile> files) {
  const std::string message = fmt::format("{}: {}", files[file_of(failure, files.size())].place,
                                          printable(failure.at("message").get<std::string>()));
  const std::string hint = printable(failure.at("hint").get<std::string>());
  const auto kind = failure.at("kind").get<std::string>();
  if (kind == "usage") throw UsageError(message, hint);
  if (kind == "space") throw NoSpaceError(message, hint);
  if (kind == "io") throw IoError(message, hint);
  throw DataError(message, hint);
}

PythonResult result_of(const Json& manifest, const fs::path& folder, size_t files) {
  PythonResult result;
  for (const Json& one : manifest.at("entries")) {
    PythonEntry& entry = result.entries.emplace_back();
    entry.file = file_of(one, files);
    entry.array = one.value("array", "");
    entry.data = folder / one.at(entry.array.empty() ? "pictures" : "data").get<std::string>();
    if (!entry.array.empty()) continue;
    entry.lengths = folder / one.at("lengths").get<std::string>();
    entry.labels = folder / one.at("labels").get<std::string>();
  }
  if (!manifest.at("names").is_null()) result.names = manifest.at("names").get<std::vector<std::string>>();
  result.texts = manifest.at("texts").get<std::vector<std::string>>();
  return result;
}

}  // namespace

bool is_read_by_python(std::string_view path) {
  constexpr std::array<std::string_view, 4> kEndings = {".parquet", ".mat", ".h5", ".hdf5"};
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return path.ends_with(ending); });
}

PythonResult read_with_python(std::span<const PythonFile> files, const Options& options,
                              const fs::path& folder, const Work& work) {
  const ProcessResult ended = run(files, options, folder, work);
  const auto written = [&](const char* name) {
    return Json::parse(read_text_file(folder / name, kMostJsonBytes));
  };
  try {
    if (is_there(folder / "error.json")) throw_failure(written("error.json"), files);
    if (ended.exit_status == 0) return result_of(written("manifest.json"), folder, files.size());
  } catch (const Json::exception& error) {
    throw IoError(
        fmt::format("{} wrote what cannot be read: {}", python_interpreter(), quotable(error.what())));
  }
  throw IoError(
      fmt::format("{}: {} ended {} while it read: {}", files.front().place, quotable(python_interpreter()),
                  ended.exit_status > kSignals ? fmt::format("by signal {}", ended.exit_status - kSignals)
                                               : fmt::format("with status {}", ended.exit_status),
                  last_line(ended.output)));
}

}  // namespace rung::imports

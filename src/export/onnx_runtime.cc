#include "export/onnx_runtime.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/python.h"
#include "base/text.h"

namespace rung::exports {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr uint64_t kMostJsonBytes = 64 << 20;
constexpr const char* kInstall = "pip install onnxruntime, or name a Python that has it with RUNG_PYTHON";

ProcessResult run(const OnnxRuntimeTask& task, const fs::path& folder, const fs::path& result) {
  std::vector<std::string> arguments = {fs::absolute(result), fs::absolute(task.images),
                                        fmt::format("{}", task.count), fmt::format("{}", task.threads),
                                        fmt::format("{}", task.seconds)};
  for (const fs::path& model : task.models) arguments.push_back(fs::absolute(model).string());
  try {
    return run_python(kOnnxRuntimeProgram, arguments, folder);
  } catch (const IoError& error) {
    throw NoOnnxRuntime(fmt::format("ONNX Runtime is not measured: {}", error.what()),
                        fmt::format("install Python 3; {}", kInstall));
  }
}

OnnxRuntimeSpeed speed_of(const Json& json) {
  return {json.at("image_us").get<double>(), json.at("image_us_99").get<double>(),
          json.at("run_us").get<double>(), json.at("images_per_second").get<double>(),
          json.at("logits").get<std::vector<float>>()};
}

}  // namespace

OnnxRuntimeResult time_onnx_runtime(const OnnxRuntimeTask& task, const fs::path& folder) {
  const fs::path file = folder / "onnx_runtime.json";
  const ProcessResult ended = run(task, folder, file);
  if (ended.exit_status != 0) throw IoError(fmt::format("ONNX Runtime failed: {}", last_line(ended.output)));
  try {
    const Json json = Json::parse(read_text_file(file, kMostJsonBytes));
    if (json.contains("missing"))
      throw NoOnnxRuntime(fmt::format("ONNX Runtime is not measured: {} says: {}",
                                      printable(json.at("python").get<std::string>()),
                                      printable(json.at("missing").get<std::string>())),
                          kInstall);
    OnnxRuntimeResult result{.version = printable(json.at("version").get<std::string>()), .models = {}};
    for (const Json& model : json.at("models")) result.models.push_back(speed_of(model));
    if (result.models.size() == task.models.size()) return result;
    throw IoError(fmt::format("{} timed {} models instead of {}", python_interpreter(), result.models.size(),
                              task.models.size()));
  } catch (const Json::exception& error) {
    throw IoError(
        fmt::format("{} wrote what cannot be read: {}", python_interpreter(), quotable(error.what())));
  }
}

}  // namespace rung::exports

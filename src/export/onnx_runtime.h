// ONNX Runtime, run by a Python that has it, on models that Rung exports: how fast it is, and what it
// computes. Only `rung bench --inference` compares with it; nothing depends on it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace rung::exports {

// The program that Python runs.
extern const std::string_view kOnnxRuntimeProgram;

// There is no Python, or it has no ONNX Runtime; the hint says what to install.
class NoOnnxRuntime : public IoError {
 public:
  using IoError::IoError;
};

struct OnnxRuntimeTask {
  std::vector<std::filesystem::path> models;  // .onnx files that take normalised images
  std::filesystem::path images;               // float32 [count][C][H][W]
  int count = 0;
  int threads = 1;     // for all images together; one image runs in one thread
  double seconds = 1;  // for each measurement, of which there are three for each model
};

struct OnnxRuntimeSpeed {
  double image_us = 0;     // from image to logits, with bound buffers: median
  double image_us_99 = 0;  // 99 % of all images took at most this
  double run_us = 0;       // by InferenceSession.run: median
  double images_per_second = 0;
  std::vector<float> logits;  // [count][classes]
};

struct OnnxRuntimeResult {
  std::string version;
  std::vector<OnnxRuntimeSpeed> models;  // as in the task
};

// Runs python_interpreter(), which writes into `folder`. Throws NoOnnxRuntime, or IoError if it fails
// otherwise.
OnnxRuntimeResult time_onnx_runtime(const OnnxRuntimeTask& task, const std::filesystem::path& folder);

}  // namespace rung::exports

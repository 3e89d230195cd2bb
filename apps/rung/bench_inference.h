// rung bench RUN --inference
#pragma once

#include <string>

#include "options.h"

namespace rung::app {

struct InferenceBench {
  std::string model;  // a run's folder, or a recipe
  EngineOptions engine;
  double seconds = 5;
  bool peak = true;
  bool json = false;
};

// Measures how fast the model answers for one image, and for a batch, in float32 and in int8, and ONNX
// Runtime on the same model exported. Needs no dataset: the images are random, and no time depends on them.
void bench_inference(const InferenceBench& options);

}  // namespace rung::app

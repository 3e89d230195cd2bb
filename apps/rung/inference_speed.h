// How fast engines compute a model's logits: Rung's own, and ONNX Runtime on the same model exported.
// Measures, and prints nothing.
#pragma once

#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "recipe/recipe.h"

namespace rung::app {

inline constexpr int kBatchImages = 256;
inline constexpr int kMeasuredRounds = 5;  // in which every engine has its turn

// What runs: a model with its numbers, as a file would hold it.
struct Subject {
  recipe::Recipe recipe;
  nn::Plan plan;
  nn::Weights weights;
  bool is_trained = false;
};

struct Speed {
  double image_us = 0;  // median
  double image_us_99 = 0;
  double images_per_second = 0;
};

// One engine on one form of the model.
struct EngineSpeed {
  std::string type;       // "float32" or "int8"
  std::string version{};  // of ONNX Runtime; empty: Rung
  std::vector<Speed> rounds{};
  std::vector<double> run_us{};  // of ONNX Runtime, by InferenceSession.run
  std::vector<float> logits{};   // [N][classes]

  bool is_rung() const { return version.empty(); }
  // Of all rounds the best one's: what else runs on the machine makes the others slower, as it does the
  // peak's.
  double best(double Speed::*figure) const;
};

// Of several values, the one below which this share lies.
double quantile(std::vector<double> values, double share);

struct Agreement {
  int same_classes = 0;  // of kBatchImages
  double largest_difference = 0;
  double largest_logit = 0;
};

Agreement agreement_of(const EngineSpeed& rung, const EngineSpeed& other);

struct InferenceSpeeds {
  std::vector<EngineSpeed> rung;     // float32, and int8 where the model has an integer form
  std::vector<EngineSpeed> other;    // likewise; empty without ONNX Runtime
  std::vector<std::string> remarks;  // what was not measured, and why
};

// Measures for about `seconds` in all, in rounds in which every engine has its turn. The images are random,
// and no time depends on them. Throws DataError if ONNX Runtime computes other logits.
InferenceSpeeds measure_inference(const Subject& subject, double seconds, ThreadPool& pool);

}  // namespace rung::app

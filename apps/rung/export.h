// What the exporters share.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "data/dataset.h"
#include "ladder/mcnemar.h"
#include "nn/weights.h"
#include "options.h"
#include "recipe/recipe.h"
#include "train/calibrate.h"
#include "train/evaluator.h"

namespace rung::app {

// RUN_DIR, --best, --force: which weights of which run, and whether they may replace files.
struct ExportOptions {
  std::string run;
  bool best = false;
  bool force = false;

  void add_to(CLI::App& command);
  const char* weights_file() const;
  // Throws UsageError if the file exists and is not to be replaced.
  void require_free(const std::filesystem::path& file) const;
  // Of the run. Throws UsageError, or DataError if it is not a run's own.
  recipe::Recipe recipe() const;
  // Warns if the run has not finished.
  nn::Weights weights(const recipe::Recipe& recipe) const;
};

// --weight-bits, and what finds and computes the images on which ranges are measured.
struct IntegerOptions {
  std::optional<int> weight_bits;
  EngineOptions engine;

  void add_to(CLI::App& command);
  int weight_bits_of(const recipe::Recipe& recipe) const;
};

// A run's model in integers, and how it does on the test images.
struct IntegerExport {
  recipe::Recipe recipe;
  nn::Weights weights;
  data::Dataset data;
  train::Calibrated calibrated;
  train::Evaluation in_float;
  train::IntegerEvaluation in_integers;
  ladder::McNemar difference;  // of the integers from float32

  double accuracy() const;  // percent
  void say_accuracy() const;
  nlohmann::ordered_json json() const;
};
IntegerExport to_integers(const ExportOptions& from, const IntegerOptions& options, recipe::Recipe recipe);

// Declare rung export onnx and rung export c.
void add_export_onnx(CLI::App& group);
void add_export_c(CLI::App& group);

}  // namespace rung::app

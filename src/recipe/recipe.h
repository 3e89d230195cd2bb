// An experiment as a TOML file: what it must reach, its data, model and training, every value checked. The
// format is described in docs/recipes.md. The ladder measures the targets' values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "data/data_spec.h"
#include "nn/model_spec.h"
#include "optim/training_spec.h"

namespace rung::recipe {

enum class Metric {
  kParams,                 // trainable parameters
  kBestTestAccuracy,       // percent, the maximum over the epochs
  kFinalTestAccuracy,      // percent, after the last epoch
  kMeanLast3TestAccuracy,  // percent, the mean of the last three epochs
  kOverfittingGap,  // points: training accuracy in evaluation mode minus test accuracy, after the last epoch
  kTrainSeconds,    // of all epochs together
  kBestValidationAccuracy,        // percent, the maximum over the epochs
  kFinalValidationAccuracy,       // percent, after the last epoch
  kTestAccuracyAtBestValidation,  // percent, of the first epoch with the best validation accuracy
  // Percent, after the last epoch: the mean recall of the classes that have images.
  kFinalBalancedTestAccuracy,
  kFinalBalancedValidationAccuracy,
  // Bytes on a processor, in integers, as foretold before training.
  kFlashBytes,
  kRamBytes,  // with the stack
};

enum class Comparison { kBelow, kAtMost, kAbove, kAtLeast };

// The names used in recipes and results.
constexpr std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::kParams:
      return "params";
    case Metric::kBestTestAccuracy:
      return "best_test_accuracy";
    case Metric::kFinalTestAccuracy:
      return "final_test_accuracy";
    case Metric::kMeanLast3TestAccuracy:
      return "mean_last3_test_accuracy";
    case Metric::kOverfittingGap:
      return "overfitting_gap";
    case Metric::kTrainSeconds:
      return "train_seconds";
    case Metric::kBestValidationAccuracy:
      return "best_validation_accuracy";
    case Metric::kFinalValidationAccuracy:
      return "final_validation_accuracy";
    case Metric::kTestAccuracyAtBestValidation:
      return "test_accuracy_at_best_validation";
    case Metric::kFinalBalancedTestAccuracy:
      return "final_balanced_test_accuracy";
    case Metric::kFinalBalancedValidationAccuracy:
      return "final_balanced_validation_accuracy";
    case Metric::kFlashBytes:
      return "flash_bytes";
    case Metric::kRamBytes:
      return "ram_bytes";
  }
  return "";
}
constexpr std::string_view name_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::kBelow:
      return "below";
    case Comparison::kAtMost:
      return "at_most";
    case Comparison::kAbove:
      return "above";
    case Comparison::kAtLeast:
      return "at_least";
  }
  return "";
}

// The bound is the same metric's value in the previous step.
struct Previous {
  friend bool operator==(const Previous&, const Previous&) = default;
};

struct Target {
  std::string text;  // as printed; made from the rest if the recipe gives none
  Metric metric = Metric::kParams;
  Comparison comparison = Comparison::kBelow;
  std::variant<double, Previous> bound;
  std::string chip{};  // the name of the processor (chip::processors()) that is_of_chip() metrics are of
  friend bool operator==(const Target&, const Target&) = default;
};

// What another system reported for the same experiment, to compare with the run's own figures. Percent.
struct Reference {
  std::string source;  // who reported it
  double best_train_accuracy = 0;
  double best_test_accuracy = 0;
  double final_test_accuracy = 0;
  double mean_last3_test_accuracy = 0;
  std::string dataset{};  // what it was trained on, as in [dataset]; empty: not said
  int epochs = 0;         // for how long; 0: not said
  friend bool operator==(const Reference&, const Reference&) = default;
};

struct Recipe {
  std::string name;         // the file's name without .toml, unless the recipe says otherwise
  std::string title;        // one line
  std::string description;  // what is new, and the hypothesis; may have several lines
  std::vector<Target> targets;
  std::optional<Reference> reference;
  data::DatasetSpec dataset;
  std::vector<data::Transform> augment;  // training images only, in this order
  nn::ModelSpec model;
  optim::Training training;
  uint64_t seed = 1;  // at most 2^63-1, TOML's largest integer
  friend bool operator==(const Recipe&, const Recipe&) = default;
};

// What is wrong in a recipe, and where: `step1.toml:12:3: optimizer.lr: expected a number above 0 ...`. Of
// bounded length and free of control characters, whatever the file holds.
class RecipeError : public UsageError {
 public:
  RecipeError(std::string_view source, uint32_t line, uint32_t column, std::string_view message,
              std::string_view hint = "");
  uint32_t line;    // from 1
  uint32_t column;  // from 1, in characters
};

// Of a recipe, as written and as resolved.
inline constexpr uint64_t kMaxFileBytes = 2 << 20;
inline constexpr size_t kLongestName = 100;  // in bytes
inline constexpr int kMaxRepeat = 1000;
using nn::kMaxLayers;
inline constexpr size_t kMaxStages = 1'000;
inline constexpr size_t kLongestStageName = 100;  // bytes

// The name of a folder of images is relative to the file's folder, and becomes absolute. Where [model] has no
// `input` or `classes`, the images in that folder give them. Throws RecipeError for a wrong recipe,
// UsageError if these images cannot be read, IoError or DataError if the file cannot be read.
Recipe load(const std::filesystem::path& path);

// A recipe that a run, a ladder or a sweep has stored, unchanged.
Recipe load_stored(const std::filesystem::path& path);

// `source` is the file's name for messages; its stem is the recipe's default name. Throws RecipeError,
// also if to_toml() of the recipe could not be loaded again.
Recipe parse(std::string_view toml, std::string_view source);

// The recipe as resolved: stages expanded, every default written. parse() of it gives the same recipe. Throws
// UsageError for a seed that TOML cannot hold.
std::string to_toml(const Recipe& recipe);

// The same experiment, trained on all training images: no validation split, and no targets about it.
Recipe without_validation(Recipe recipe);

// Whether only a run with a validation split has this metric.
bool needs_validation(Metric metric);

// Whether the recipe alone decides this metric, together with a processor.
bool is_of_chip(Metric metric);

// What a metric is called in a sentence, and its unit: "test accuracy after the last epoch", "%".
std::string_view words_for(Metric metric);
std::string_view unit_of(Metric metric);

}  // namespace rung::recipe

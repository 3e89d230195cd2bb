// A run's folder on disk (the files are described in docs/run-directory.md). Every file is replaced as a
// whole, so that a reader, or a run that is cut off, never leaves half of one.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "nn/plan.h"
#include "nn/weights.h"
#include "train/run_record.h"
#include "train/safetensors.h"
#include "train/trainer.h"

namespace rung::train {

// Throws UsageError if the folder already holds a run.
void require_no_run(const std::filesystem::path& path);

class RunDirectory {
 public:
  // Creates the folder and writes recipe.toml. Throws UsageError if it already holds a run, IoError if it
  // cannot be written; then no folder is left that was not there.
  RunDirectory(std::filesystem::path path, const std::string& recipe_toml);

  const std::filesystem::path& path() const { return path_; }

  // After an epoch: its line in metrics.jsonl, checkpoint.safetensors, and best.safetensors if it is the best
  // so far.
  void add_epoch(const EpochRecord& epoch, const Trainer& trainer);

  // result.json, at the end.
  void finish(const nlohmann::ordered_json& result) const;

 private:
  std::filesystem::path path_;
  std::string metrics_;
  double best_test_accuracy_ = -1;
};

// Weights and buffers under their names, as in torch.nn.Sequential's state_dict.
SafeTensors to_safetensors(const nn::Plan& plan, const nn::Weights& weights);

// The weights in a file written by a run of this model. Throws IoError, or DataError if it is not one.
nn::Weights load_weights(const nn::Plan& plan, const std::filesystem::path& file);

inline constexpr const char* kRecipeFile = "recipe.toml";
inline constexpr const char* kMetricsFile = "metrics.jsonl";
inline constexpr const char* kCheckpointFile = "checkpoint.safetensors";
inline constexpr const char* kBestFile = "best.safetensors";
inline constexpr const char* kResultFile = "result.json";

}  // namespace rung::train

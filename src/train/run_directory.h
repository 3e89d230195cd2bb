// A run's folder on disk (the files are described in docs/run-directory.md). Every file except metrics.jsonl
// is replaced as a whole, so a reader, or an interrupted run, never finds half of one.
//
// The checkpoint is the truth about the run's progress. At the end of an epoch it is written after
// best.safetensors and before metrics.jsonl; a run that was killed in between repairs both when it resumes.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/claimed_folder.h"
#include "train/checkpoint.h"
#include "train/metrics_file.h"
#include "train/progress_file.h"
#include "train/run_record.h"
#include "train/trainer.h"

namespace rung::train {

// Throws UsageError if the folder already holds a run.
void require_no_run(const std::filesystem::path& path);

// Whether the folder holds a run, or the beginning of one.
bool holds_run(const std::filesystem::path& path);

// The finished epochs that a folder's run has recorded. Throws IoError if it has none, DataError as
// parse_json_lines() does.
std::vector<EpochRecord> read_epochs(const std::filesystem::path& path);

enum class Start {
  kNew,     // the folder must not hold a run
  kResume,  // it may hold one, which is resumed
};

class RunDirectory {
 public:
  // Creates the folder and recipe.toml if missing. While this lives, no other process can write to the
  // folder. Throws UsageError if it holds a run and must not, or if another process writes to it; IoError if
  // it cannot be written, and then removes the folder if it created it.
  RunDirectory(std::filesystem::path path, std::string recipe_toml, Start start);

  const std::filesystem::path& path() const { return path_; }

  // What restore() found.
  struct Found {
    Position position;      // where the run resumes; zeros at its beginning
    bool finished = false;  // there is nothing left to do
    std::string damage;     // why the newest checkpoint could not be used; empty if it could
  };

  // Restores the trainer to the last saved state, or leaves it at the beginning. Must be called before the
  // trainer's first epoch. Throws as load_checkpoint() if neither the newest checkpoint nor the one before it
  // can be used.
  Found restore(Trainer& trainer, const std::string& data_sha256);

  // The finished epochs.
  const std::vector<EpochRecord>& epochs() const { return metrics_.epochs(); }

  // Saves a checkpoint of the trainer's state and keeps the one before it. Throws as
  // Trainer::require_finite() and save_checkpoint() do.
  void save(const Trainer& trainer);

  // After an epoch: best.safetensors if it is the best so far, a checkpoint, the epoch's line in
  // metrics.jsonl.
  void add_epoch(const EpochRecord& epoch, const Trainer& trainer);

  // After a batch: publishes the run's position (see ProgressFile).
  void publish(const Progress& progress) { progress_.publish(progress); }

  // result.json, at the end.
  void finish(const nlohmann::ordered_json& result) const;

  // The position of the last checkpoint that was written or used, if any.
  const std::optional<Position>& saved() const { return saved_; }

  // Leaves a note that the run diverged, and why. A process that resumes the run removes it.
  void record_divergence(const std::string& why) const;

 private:
  void remove_leftovers() const;
  void load(const char* file, Trainer& trainer);
  std::string load_newest(Trainer& trainer);

  std::filesystem::path path_;
  std::string recipe_toml_;
  ClaimedFolder claim_;
  ProgressFile progress_;
  Origin origin_;
  MetricsFile metrics_;
  std::optional<Position> saved_;
  bool keep_newest_ = true;  // the newest checkpoint is worth keeping beside the next
};

inline constexpr const char* kRecipeFile = "recipe.toml";
inline constexpr const char* kMetricsFile = "metrics.jsonl";
inline constexpr const char* kCheckpointFile = "checkpoint.safetensors";
inline constexpr const char* kPreviousFile = "checkpoint.previous.safetensors";
inline constexpr const char* kBestFile = "best.safetensors";
inline constexpr const char* kResultFile = "result.json";
inline constexpr const char* kDivergedFile = "diverged.txt";  // why the run diverged, as text

}  // namespace rung::train

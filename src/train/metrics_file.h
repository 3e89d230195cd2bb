// metrics.jsonl: the finished epochs' records, one line per epoch. It grows at its end, so an epoch costs the
// same however many came before it.
//
// The checkpoint remains the truth about which epochs are finished. It holds the lines of the newest epochs,
// and the length and SHA-256 of the lines before them. These are in metrics.jsonl alone, synced to disk long
// before a checkpoint first leaves them out. So if a run is killed between the checkpoint and metrics.jsonl,
// or in the middle of a line, the checkpoint repairs the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "train/run_record.h"

namespace rung::train {

// What a checkpoint holds about the finished epochs.
struct SavedEpochs {
  int settled = 0;             // how many epochs, from the first, have their lines in metrics.jsonl alone
  uint64_t settled_bytes = 0;  // of these lines
  std::string settled_sha256;  // of these lines; not used if there are none
  std::string recent;          // the lines of the epochs after them
};

// The largest allowed size of the file.
inline constexpr uint64_t kMostMetricsBytes = 64 << 20;

// A checkpoint holds the lines of at most this many epochs, and of at least half as many if they exist.
inline constexpr int kMostRecentEpochs = 100;

// The epochs in such a file. A last line without its line break is left out: another process is writing it,
// or was killed there. Throws IoError if the file cannot be read, DataError as parse_json_lines().
std::vector<EpochRecord> read_metrics(const std::filesystem::path& file);

class MetricsFile {
 public:
  // Begins without epochs; reads and writes nothing yet.
  explicit MetricsFile(std::filesystem::path file) : file_(std::move(file)) {}

  // Continues from the epochs of a checkpoint, and makes the file hold exactly these. Throws DataError, and
  // changes nothing, if the file does not hold the settled ones.
  void restore(const SavedEpochs& saved);

  // Adds the next epoch. Save a checkpoint with saved() before write().
  void add(const EpochRecord& epoch);

  // Appends the added epochs to the file. Throws IoError.
  void write();

  const std::vector<EpochRecord>& epochs() const { return epochs_; }
  const SavedEpochs& saved() const { return saved_; }

 private:
  void settle(int epochs);

  std::filesystem::path file_;
  std::vector<EpochRecord> epochs_;
  SavedEpochs saved_;
  Sha256 settled_hash_;
  uint64_t written_ = 0;  // bytes of the file
};

}  // namespace rung::train

// progress.json: where in its epoch a running job is, for another process that watches it. Nothing depends on
// it: it is not synced, and a failure to write it is ignored. It is removed when the job ends, unless the job
// is killed.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "train/trainer.h"

namespace rung::train {

inline constexpr const char* kProgressFile = "progress.json";

class ProgressFile {
 public:
  // Must live within the folder's claim. Removes the file of a killed job.
  explicit ProgressFile(const std::filesystem::path& folder);
  ~ProgressFile();
  ProgressFile(const ProgressFile&) = delete;
  ProgressFile& operator=(const ProgressFile&) = delete;

  // Writes the file unless it was written in the last second: batches take milliseconds, looking takes
  // longer.
  void publish(const Progress& progress);

 private:
  using Clock = std::chrono::steady_clock;

  void remove() const;

  std::filesystem::path file_;
  Clock::time_point published_ = Clock::now();  // a job of less than a second publishes nothing
};

nlohmann::ordered_json to_json(const Progress& progress);

// None if the text is not of this format, or is not a possible position of a job.
std::optional<Progress> parse_progress(std::string_view text);

}  // namespace rung::train

// progress.json: where in its epoch a running job is, for whoever watches it from another process. Nothing
// depends on it: it is not synced, and a failure to write it is ignored. It is removed when the job ends,
// unless the job is killed.
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
  // To be made, and to end, while the folder is claimed. Removes what a job left that was killed.
  explicit ProgressFile(const std::filesystem::path& folder);
  ~ProgressFile();
  ProgressFile(const ProgressFile&) = delete;
  ProgressFile& operator=(const ProgressFile&) = delete;

  // Writes the file unless the last second has seen that done: batches take milliseconds, looking takes
  // longer.
  void publish(const Progress& progress);

 private:
  using Clock = std::chrono::steady_clock;

  void remove() const;

  std::filesystem::path file_;
  Clock::time_point published_ = Clock::now();  // a job of less than a second publishes nothing
};

nlohmann::ordered_json to_json(const Progress& progress);

// None if the text is not of this format, or says what no job can be at.
std::optional<Progress> parse_progress(std::string_view text);

}  // namespace rung::train

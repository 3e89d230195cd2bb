#include "train/run_status.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "base/claimed_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "train/progress_file.h"
#include "train/run_directory.h"

namespace rung::train {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxProgressBytes = 4096;
constexpr uint64_t kMaxDivergenceBytes = 4096;

// The job may end, and its file disappear, at any moment.
std::optional<Progress> read_progress(const fs::path& folder) {
  try {
    return parse_progress(read_text_file(folder / kProgressFile, kMaxProgressBytes));
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Why the run diverged; empty if it did not.
std::string read_divergence(const fs::path& folder) {
  const fs::path file = folder / kDivergedFile;
  if (!is_there(file)) return "";
  const std::string text = read_text_file(file, kMaxDivergenceBytes);
  return text.substr(0, text.find('\n'));
}

// Seconds since the newest of these files was written; 0 if that is in the future by this machine's clock.
double seconds_since_written(const fs::path& folder) {
  auto newest = fs::file_time_type::min();
  for (const char* name : {kRecipeFile, kMetricsFile, kProgressFile, kCheckpointFile}) {
    std::error_code error;
    const auto written = fs::last_write_time(folder / name, error);
    if (!error) newest = std::max(newest, written);
  }
  if (newest == fs::file_time_type::min()) return 0;
  return std::max(0.0, std::chrono::duration<double>(fs::file_time_type::clock::now() - newest).count());
}

}  // namespace

double RunStatus::share_of_epoch() const {
  return progress ? static_cast<double>(progress->batch) / progress->batches : 0;
}

double RunStatus::share_done(int of_epochs) const {
  return std::min(1.0, (static_cast<double>(epochs.size()) + share_of_epoch()) / of_epochs);
}

RunStatus look_at_run(const fs::path& folder, int epochs) {
  RunStatus status;
  const bool claimed = is_claimed(folder);  // first, because an unclaimed folder's content is final
  if (is_there(folder / kMetricsFile)) status.epochs = read_epochs(folder);
  const int finished = static_cast<int>(status.epochs.size());
  if (finished >= epochs && is_there(folder / kResultFile)) {
    status.state = RunState::kFinished;
  } else if (claimed) {
    status.state = RunState::kRunning;
    status.silence = seconds_since_written(folder);
    status.progress = read_progress(folder);
    // Between an epoch's last batch and its record the position is the old epoch's.
    if (status.progress && status.progress->epoch != finished + 1) status.progress.reset();
  } else if (holds_run(folder)) {
    status.state = RunState::kStopped;
    status.divergence = read_divergence(folder);
  }
  return status;
}

}  // namespace rung::train

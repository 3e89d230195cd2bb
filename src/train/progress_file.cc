#include "train/progress_file.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/json_format.h"

namespace rung::train {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr auto kBetween = 1s;
constexpr JsonFormat kFormat{"rung-progress", 1};

// Whether the numbers are a position within a run.
bool is_position(const Progress& progress) {
  const auto within = [](int value, int most) { return value >= 1 && value <= most; };
  return within(progress.epoch, progress.epochs) && within(progress.batch, progress.batches) &&
         progress.images >= progress.batch && progress.correct >= 0 && progress.correct <= progress.images &&
         std::isfinite(progress.loss) && std::isfinite(progress.seconds) && progress.seconds >= 0;
}

}  // namespace

ProgressFile::ProgressFile(const std::filesystem::path& folder) : file_(folder / kProgressFile) {
  remove();
}

ProgressFile::~ProgressFile() {
  remove();
}

void ProgressFile::remove() const {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

void ProgressFile::publish(const Progress& progress) {
  const auto now = Clock::now();
  if (now - published_ < kBetween) return;
  published_ = now;
  try {
    replace_file(file_, to_json(progress).dump() + "\n", Sync::kNone);
  } catch (const IoError&) {  // a full disk; the next checkpoint reports it
  }
}

ordered_json to_json(const Progress& progress) {
  ordered_json file = kFormat.begin();
  file.update({{"epoch", progress.epoch},
               {"epochs", progress.epochs},
               {"batch", progress.batch},
               {"batches", progress.batches},
               {"images", progress.images},
               {"correct", progress.correct},
               {"loss", progress.loss},
               {"seconds", progress.seconds}});
  return file;
}

std::optional<Progress> parse_progress(std::string_view text) {
  const json from = kFormat.parse(text);
  if (from.is_null()) return std::nullopt;
  Progress progress;
  const std::pair<const char*, int*> counts[] = {
      {"epoch", &progress.epoch},     {"epochs", &progress.epochs}, {"batch", &progress.batch},
      {"batches", &progress.batches}, {"images", &progress.images}, {"correct", &progress.correct}};
  for (const auto& [name, value] : counts) {
    if (!from.contains(name) || !from[name].is_number_unsigned()) return std::nullopt;
    *value = static_cast<int>(std::min<uint64_t>(from[name].get<uint64_t>(), INT_MAX));
  }
  const std::pair<const char*, double*> numbers[] = {{"loss", &progress.loss},
                                                     {"seconds", &progress.seconds}};
  for (const auto& [name, value] : numbers) {
    if (!from.contains(name) || !from[name].is_number()) return std::nullopt;
    *value = from[name].get<double>();
  }
  return is_position(progress) ? std::optional(progress) : std::nullopt;
}

}  // namespace rung::train

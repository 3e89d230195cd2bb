#include "train/metrics_file.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace rung::train {
namespace {

namespace fs = std::filesystem;

// Bytes of the first lines of a text that has at least that many.
size_t bytes_of_lines(std::string_view text, int lines) {
  size_t end = 0;
  for (int line = 0; line < lines; ++line) end = text.find('\n', end) + 1;
  return end;
}

// The settled epochs' lines, as the file has them.
std::string settled_lines(const fs::path& file, const SavedEpochs& saved) {
  if (saved.settled == 0) return "";
  std::string text = is_there(file) ? read_text_file(file, kMostMetricsBytes) : "";
  const bool complete = text.size() >= saved.settled_bytes;
  if (complete) text.resize(saved.settled_bytes);
  if (!complete || sha256_hex(std::as_bytes(std::span(text))) != saved.settled_sha256)
    throw DataError(fmt::format("{} was changed or removed: epochs 1 to {} are recorded only there",
                                file.string(), saved.settled),
                    "put the file back, or start the run over in another folder");
  return text;
}

}  // namespace

std::vector<EpochRecord> read_metrics(const fs::path& file) {
  std::string text = read_text_file(file, kMostMetricsBytes);
  text.resize(text.rfind('\n') + 1);
  return parse_json_lines(text, file.string());
}

void MetricsFile::restore(const SavedEpochs& saved) {
  const std::string settled = settled_lines(file_, saved);
  const std::string text = settled + saved.recent;
  std::vector<EpochRecord> epochs = parse_json_lines(text, file_.string());
  if (!text.empty() || is_there(file_)) replace_file(file_, text);
  epochs_ = std::move(epochs);
  saved_ = saved;
  settled_hash_ = Sha256();
  settled_hash_.add(settled);
  written_ = text.size();
}

void MetricsFile::add(const EpochRecord& epoch) {
  const auto recent = static_cast<int>(epochs_.size()) - saved_.settled;
  const bool all_written = written_ == saved_.settled_bytes + saved_.recent.size();
  if (recent >= kMostRecentEpochs && all_written) settle(recent - kMostRecentEpochs / 2);
  epochs_.push_back(epoch);
  saved_.recent += to_json_lines(std::span(&epoch, 1));
}

// From now on only the file holds the oldest of the recent epochs.
void MetricsFile::settle(int epochs) {
  const size_t bytes = bytes_of_lines(saved_.recent, epochs);
  settled_hash_.add(std::string_view(saved_.recent).substr(0, bytes));
  saved_.recent.erase(0, bytes);
  saved_.settled += epochs;
  saved_.settled_bytes += bytes;
  saved_.settled_sha256 = settled_hash_.hex();
}

void MetricsFile::write() {
  const std::string_view recent = saved_.recent;
  const uint64_t end = saved_.settled_bytes + recent.size();
  const bool appended = written_ > 0 && written_ >= saved_.settled_bytes &&
                        append_to_file(file_, written_, recent.substr(written_ - saved_.settled_bytes));
  if (!appended) replace_file(file_, to_json_lines(epochs_));  // the file is missing, or others changed it
  written_ = end;
}

}  // namespace rung::train

#include "train/recorded_data.h"

#include "base/error.h"
#include "base/file.h"
#include "train/run_directory.h"
#include "train/run_record.h"
#include "train/safetensors.h"

namespace rung::train {

namespace {

constexpr uint64_t kMaxResultBytes = 64 << 20;

std::string in_result(const std::filesystem::path& file) {
  try {
    return parse_result(read_text_file(file, kMaxResultBytes), file.string()).data_sha256;
  } catch (const Error&) {
    return "";
  }
}

std::string in_checkpoint(const std::filesystem::path& file) {
  try {
    const SafeTensors tensors = read_safetensors(file);
    const auto found = tensors.metadata.find("data_sha256");
    return found == tensors.metadata.end() ? "" : found->second;
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

std::string recorded_data(const std::filesystem::path& run_folder) {
  std::string recorded = in_result(run_folder / kResultFile);
  return recorded.empty() ? in_checkpoint(run_folder / kCheckpointFile) : recorded;
}

}  // namespace rung::train

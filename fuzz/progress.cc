// train::parse_progress on arbitrary bytes.
#include "train/progress_file.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto progress = rung::train::parse_progress(text);
    if (!progress) throw rung::DataError("no place in a run");
    const std::string again = rung::train::to_json(*progress).dump();
    const auto read = rung::train::parse_progress(again);
    rung::fuzz::require(read && rung::train::to_json(*read).dump() == again,
                        "what is accepted reads back the same");
    rung::fuzz::require(progress->batch >= 1 && progress->batch <= progress->batches, "a batch of the epoch");
  });
}

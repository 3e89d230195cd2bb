// train::parse_json_lines on arbitrary bytes.
#include <string_view>

#include "target.h"
#include "train/run_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto epochs = rung::train::parse_json_lines(text, "seed");
    const std::string again = rung::train::to_json_lines(epochs);
    rung::fuzz::require(rung::train::to_json_lines(rung::train::parse_json_lines(again, "seed")) == again,
                        "what is accepted reads back the same");
  });
}

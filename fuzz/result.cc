// train::parse_result on arbitrary bytes.
#include <nlohmann/json.hpp>
#include <string_view>

#include "target.h"
#include "train/run_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string again = to_json(rung::train::parse_result(text, "seed")).dump();
    rung::fuzz::require(to_json(rung::train::parse_result(again, "seed")).dump() == again,
                        "what is accepted reads back the same");
  });
}

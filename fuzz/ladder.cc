// ladder::parse_steps on arbitrary bytes.
#include <string_view>

#include "ladder/steps_file.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    rung::fuzz::require(!rung::ladder::parse_steps(text, "seed").empty(), "a ladder has a step");
  });
}

// data::parse_description on arbitrary text.
#include "data/dataset_description.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto description = rung::data::parse_description(text, "seed");
    rung::fuzz::require(!description.classes.empty() && description.classes.size() <= 256,
                        "some classes, at most 256");
    for (const auto& name : description.classes)
      rung::fuzz::require(!name.empty() && !rung::has_control(name), "names are printable");
    const auto again = rung::data::parse_description(rung::data::to_toml(description), "again");
    rung::fuzz::require(again.classes == description.classes && again.sha256 == description.sha256,
                        "reads back the same");
  });
}

// data::read_tar_members on arbitrary bytes.
#include "data/archive.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::vector<std::string> names = {"package/data/images", "package/data/labels"};
    for (const auto& member : rung::data::read_tar_members(bytes, "seed", names))
      rung::fuzz::require(member.size() <= bytes.size(), "no member larger than the archive");
  });
}

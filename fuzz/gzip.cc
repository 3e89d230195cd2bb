// data::gunzip on arbitrary bytes.
#include "data/gzip.h"

#include "target.h"

namespace {

constexpr uint64_t kMaxBytes = 1 << 20;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    rung::fuzz::require(rung::data::gunzip(bytes, "seed", kMaxBytes).size() <= kMaxBytes, "bounded");
  });
}

// data::parse_idx on arbitrary bytes.
#include "data/idx.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const int rank : {1, 3}) {
    rung::fuzz::parse_or_refuse(data, size, [&](auto bytes) {
      const auto array = rung::data::parse_idx(bytes, "seed", rank);
      size_t values = 1;
      for (const int extent : array.dims) values *= static_cast<size_t>(extent);
      rung::fuzz::require(values == array.values.size(), "as many values as the dimensions say");
    });
  }
  return 0;
}

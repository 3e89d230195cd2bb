// imports::scan_libsvm and parse_libsvm on arbitrary text.
#include "import/libsvm.h"

#include <vector>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMostPixels = 1 << 16;
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    rung::imports::LibsvmRows rows;
    rung::imports::scan_libsvm(text, 1, "seed", rows);
    rung::fuzz::require(rows.values == rows.range.count, "every value is in the range");
    if (rows.count == 0 || rows.largest_index > kMostPixels / rows.count) return;
    rows.range.is_float = true;
    rows.range.add(0);
    const auto scale = rung::imports::scale_of(rows.range, "seed");
    std::vector<uint8_t> pixels(rows.count * rows.largest_index);
    std::vector<int64_t> labels(rows.count);
    rung::imports::parse_libsvm(text, 1, "seed", scale, pixels, labels);
  });
}

// imports::parse_npy_header and parse_idx_header on arbitrary bytes, and the values that follow the header.
#include "import/npy.h"

#include <algorithm>
#include <vector>

#include "import/idx_header.h"
#include "target.h"

namespace {

void check_texts(const rung::imports::NpyHeader& header, std::span<const std::byte> values) {
  for (; values.size() >= header.item_bytes; values = values.subspan(header.item_bytes)) {
    const auto text = rung::imports::decode_npy_text(header, values.first(header.item_bytes));
    rung::fuzz::require(!text || rung::is_utf8(*text), "a text is UTF-8");
  }
}

void check(const rung::imports::NpyHeader& header, std::span<const std::byte> bytes) {
  rung::fuzz::require(header.data_offset <= bytes.size(), "the header is in the file");
  rung::fuzz::require(header.items() >= 1 && header.items() <= rung::imports::kMostNpyItems,
                      "a bounded number of items");
  const auto values = bytes.subspan(header.data_offset);
  if (header.is_text()) return check_texts(header, values);
  std::vector<double> numbers(std::min<size_t>(values.size() / header.item_bytes, header.items()));
  rung::imports::decode_npy_items(header, values.first(numbers.size() * header.item_bytes), numbers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rung::fuzz::parse_or_refuse(
      data, size, [](auto bytes) { check(rung::imports::parse_npy_header(bytes, "seed"), bytes); });
  return rung::fuzz::parse_or_refuse(
      data, size, [](auto bytes) { check(rung::imports::parse_idx_header(bytes, "seed"), bytes); });
}

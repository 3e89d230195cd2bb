// imports::find_csv_format, count_rows and parse_rows on arbitrary text.
#include "import/csv.h"

#include <string>
#include <vector>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto format = rung::imports::find_csv_format(text, "seed", {});
    rung::fuzz::require(format.label_column < format.columns, "the label's column is one of the table's");
    rung::fuzz::require(
        static_cast<size_t>(format.height) * static_cast<size_t>(format.width) == format.pixels(),
        "the pixels make an image");
    size_t line = 1;
    for (bool is_header = format.has_header; is_header && !text.empty(); ++line)
      is_header = rung::imports::count_rows(rung::imports::take_line(text).value()) == 0;
    const size_t rows = rung::imports::count_rows(text);
    std::vector<uint8_t> pixels(rows * format.pixels());
    std::vector<std::string> labels(rows);
    rung::imports::parse_rows(text, line, format, "seed", pixels, labels);
    for (const std::string& label : labels) rung::fuzz::require(!label.empty(), "every row has a label");
  });
}

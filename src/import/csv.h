// Comma-separated tables of images, one a row: a label and the pixels (RFC 4180, also with ';' or tabs). Left
// out: line breaks inside of quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "import/options.h"

namespace rung::imports {

struct CsvFormat {
  char separator = ',';
  size_t columns = 0;
  size_t label_column = 0;  // from 0
  bool has_header = false;
  std::vector<std::string> names;  // [columns] of the header, or none
  std::string remark;              // how the labels were found, if nothing says so; a sentence
  int height = 0;
  int width = 0;

  size_t pixels() const { return columns - 1; }
};

// From the first lines of a table, or all of them. `file` names it in messages. Throws DataError, UsageError.
CsvFormat find_csv_format(std::string_view begin, const std::string& file, const Options& options);

// How many lines are not blank. The last one need not end.
size_t count_rows(std::string_view lines);

// The table's next line, without its end; none if there are no more.
std::optional<std::string_view> take_line(std::string_view& lines);

// Reads the rows in whole lines. `first_line` is the number of the first line, from 1, for messages.
// Preconditions: `labels` has a place for each row, and `pixels` one for each pixel. Throws DataError, which
// names line and column, if a row has another number of columns, or a pixel is no whole number from 0 to 255.
void parse_rows(std::string_view lines, size_t first_line, const CsvFormat& format, const std::string& file,
                std::span<uint8_t> pixels, std::span<std::string> labels);

// "7" for "7", " 7" and "7.0"; other text without spaces and quotes around it.
std::string label_text(std::string_view field);

}  // namespace rung::imports

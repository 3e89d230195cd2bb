// A pixel is nearly always a few digits and a separator: that way is short, all else goes the long one.
#include "import/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/require.h"
#include "base/text.h"
#include "data/dataset.h"

namespace rung::imports {
namespace {

constexpr size_t kMostColumns = 1 + size_t{data::kMaxImageSide} * data::kMaxImageSide;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Without quotes; a doubled quote stays doubled.
std::string_view unquoted(std::string_view field) {
  field = trimmed(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
    field = field.substr(1, field.size() - 2);
  return trimmed(field);
}

// The line's next field. `line` is what follows it; none after the last field.
std::string_view take_field(std::optional<std::string_view>& line, char separator) {
  size_t end = 0;
  if (line->starts_with('"')) {
    do {
      end = line->find('"', end + 1);
    } while (end != std::string_view::npos && end + 1 < line->size() && (*line)[end + 1] == '"' &&
             ++end != 0);
  }
  end = end == std::string_view::npos ? end : line->find(separator, end);
  const std::string_view field = line->substr(0, end);
  line = end == std::string_view::npos ? std::nullopt : std::optional(line->substr(end + 1));
  return field;
}

std::vector<std::string_view> fields_of(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  std::optional<std::string_view> line = text;
  while (line) fields.push_back(unquoted(take_field(line, separator)));
  return fields;
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool is_number(std::string_view text) {
  return number_in(text).has_value();
}

// A header names some column where the next line has a number.
bool is_header(std::span<const std::string_view> first, std::span<const std::string_view> second) {
  if (std::ranges::none_of(first, is_number)) return true;
  for (size_t i = 0; i < std::min(first.size(), second.size()); ++i)
    if (!is_number(first[i]) && is_number(second[i])) return true;
  return false;
}

std::string column_text(const CsvFormat& format, size_t column) {
  return column < format.names.size()
             ? fmt::format("column {} ({})", column + 1, quotable(format.names[column]))
             : fmt::format("column {}", column + 1);
}

class FormatFinder {
 public:
  FormatFinder(std::string_view begin, const std::string& file, const Options& options)
      : begin_(begin), file_(file), options_(options) {}

  CsvFormat find() {
    const std::string_view first = next_line().value_or("");
    format_.separator = separator_of(first);
    const auto names = fields_of(first, format_.separator);
    const auto second = fields_of(next_line().value_or(first), format_.separator);
    format_.columns = names.size();
    if (format_.columns < 2 || format_.columns > kMostColumns)
      fail(fmt::format("the first line has {}, not a label and pixels", counted(names.size(), "column")));
    format_.has_header = is_header(names, second);
    if (format_.has_header) format_.names.assign(names.begin(), names.end());
    format_.label_column = options_.label_column.empty() ? find_labels(second) : asked_for();
    find_size();
    return std::move(format_);
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint = "") const {
    throw DataError(fmt::format("{}: {}", file_, what), hint);
  }

  std::optional<std::string_view> next_line() {
    while (auto line = take_line(begin_))
      if (!trimmed(*line).empty()) return line;
    return std::nullopt;
  }

  static char separator_of(std::string_view line) {
    constexpr std::array kSeparators = {',', ';', '\t'};
    return *std::ranges::max_element(kSeparators, {},
                                     [&](char one) { return std::ranges::count(line, one); });
  }

  // By its name, or its number from 1.
  size_t asked_for() const {
    const std::string& wanted = options_.label_column;
    const auto found = std::ranges::find(format_.names, wanted);
    if (found != format_.names.end()) return static_cast<size_t>(found - format_.names.begin());
    const auto number = number_in(wanted);
    if (number && *number >= 1 && *number <= static_cast<double>(format_.columns) &&
        *number == std::floor(*number))
      return static_cast<size_t>(*number) - 1;
    throw UsageError(fmt::format("{}: there is no column {}", file_, quotable(wanted)),
                     fmt::format("--label-column takes {}a number from 1 to {}",
                                 format_.has_header ? "a name in the first line, or " : "", format_.columns));
  }

  size_t find_labels(std::span<const std::string_view> second) {
    constexpr std::array<std::string_view, 7> kNames = {"label",     "labels",   "class", "target",
                                                        "character", "category", "y"};
    for (const std::string_view name : kNames)
      for (size_t column = 0; column < format_.names.size(); ++column)
        if (lowered(format_.names[column]) == name) return column;
    second = second.first(std::min(second.size(), format_.columns));  // a longer line is an error later
    const auto text = std::ranges::find_if_not(second, is_number);
    if (text != second.end()) return static_cast<size_t>(text - second.begin());
    if (format_.has_header)
      throw UsageError(fmt::format("{}: no column is called label; the first is {}, the last {}", file_,
                                   quotable(format_.names.front()), quotable(format_.names.back())),
                       "--label-column says which one has the labels");
    format_.remark = "The table has no header: its first column was taken for the labels.";
    return 0;
  }

  void find_size() {
    const size_t side = static_cast<size_t>(std::llround(std::sqrt(static_cast<double>(format_.pixels()))));
    format_.height = options_.size ? options_.size->height : static_cast<int>(side);
    format_.width = options_.size ? options_.size->width : static_cast<int>(side);
    if (static_cast<size_t>(format_.height) * static_cast<size_t>(format_.width) == format_.pixels()) return;
    throw UsageError(
        fmt::format("{}: {} pixels in a row are not {}", file_, format_.pixels(),
                    options_.size ? fmt::format("{} x {}", format_.width, format_.height) : "a square"),
        "--size WIDTHxHEIGHT says how they lie");
  }

  std::string_view begin_;
  const std::string& file_;
  const Options& options_;
  CsvFormat format_;
};

class RowReader {
 public:
  RowReader(const CsvFormat& format, const std::string& file) : format_(format), file_(file) {}

  void read(std::string_view text, size_t line, uint8_t* pixels, std::string& label) {
    std::optional<std::string_view> rest = text;
    for (size_t column = 0; column < format_.columns; ++column) {
      if (!rest) fail_length(line, column);
      if (column == format_.label_column) {
        label = label_text(take_field(rest, format_.separator));
        if (label.empty()) fail(line, column, "the label is missing");
      } else {
        *pixels++ = take_pixel(rest, line, column);
      }
    }
    if (rest) {
      size_t more = format_.columns;
      for (; rest; ++more) take_field(rest, format_.separator);
      fail_length(line, more);
    }
  }

 private:
  [[noreturn]] void fail(size_t line, size_t column, const std::string& what, const char* hint = "") const {
    throw DataError(fmt::format("{}: line {}, {}: {}", file_, line, column_text(format_, column), what),
                    hint);
  }
  [[noreturn]] void fail_length(size_t line, size_t columns) const {
    throw DataError(fmt::format("{}: line {}: {} instead of {}", file_, line, counted(columns, "column"),
                                format_.columns));
  }

  uint8_t take_pixel(std::optional<std::string_view>& rest, size_t line, size_t column) const {
    unsigned value = 0;
    size_t digits = 0;
    const std::string_view text = *rest;
    while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
      value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
    const bool at_end = digits == text.size();
    if (digits > 0 && value <= 255 && (at_end || text[digits] == format_.separator)) {
      rest = at_end ? std::nullopt : std::optional(text.substr(digits + 1));
      return static_cast<uint8_t>(value);
    }
    const std::string_view field = unquoted(take_field(rest, format_.separator));
    const auto number = number_in(field);
    if (!number || !(*number >= 0 && *number <= 255) || *number != std::floor(*number))
      fail(line, column,
           fmt::format("{} is no whole number from 0 to 255", field.empty() ? "nothing" : quotable(field)),
           number && *number > 0 && *number < 1 ? "pixels in tables are not scaled; those in .npy files are"
                                                : "");
    return static_cast<uint8_t>(*number);
  }

  const CsvFormat& format_;
  const std::string& file_;
};

}  // namespace

std::optional<std::string_view> take_line(std::string_view& lines) {
  if (lines.empty()) return std::nullopt;
  const size_t end = lines.find('\n');
  std::string_view line = lines.substr(0, end);
  lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

size_t count_rows(std::string_view lines) {
  size_t count = 0;
  while (const auto line = take_line(lines)) count += !trimmed(*line).empty();
  return count;
}

CsvFormat find_csv_format(std::string_view begin, const std::string& file, const Options& options) {
  return FormatFinder(begin, file, options).find();
}

void parse_rows(std::string_view lines, size_t first_line, const CsvFormat& format, const std::string& file,
                std::span<uint8_t> pixels, std::span<std::string> labels) {
  RUNG_REQUIRE(pixels.size() == labels.size() * format.pixels());
  RowReader reader(format, file);
  size_t row = 0;
  for (size_t number = first_line; const auto line = take_line(lines); ++number) {
    if (trimmed(*line).empty()) continue;
    RUNG_REQUIRE(row < labels.size());
    reader.read(*line, number, pixels.data() + row * format.pixels(), labels[row]);
    ++row;
  }
}

std::string label_text(std::string_view field) {
  const std::string_view text = unquoted(field);
  const auto number = number_in(text);
  constexpr double kLargest = 1e9;
  if (!number || !(std::abs(*number) <= kLargest) || *number != std::floor(*number)) return std::string(text);
  return fmt::format("{}", static_cast<int64_t>(*number));
}

}  // namespace rung::imports

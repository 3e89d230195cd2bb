#include "import/libsvm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/require.h"
#include "base/text.h"
#include "data/dataset.h"
#include "import/csv.h"

namespace rung::imports {
namespace {

constexpr size_t kLargestIndex = size_t{data::kMaxImageSide} * data::kMaxImageSide;
constexpr double kLargestLabel = 1e9;

// The next word, without the blanks around it; empty if there are no more.
std::string_view take_word(std::string_view& line) {
  constexpr std::string_view kBlanks = " \t";
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// Walks over the rows of whole lines.
class RowReader {
 public:
  RowReader(std::string_view lines, size_t first_line, const std::string& file)
      : lines_(lines), line_(first_line - 1), file_(file) {}

  // The next row's label; none after the last row.
  std::optional<int64_t> take_label() {
    while (const auto line = take_line(lines_)) {
      ++line_;
      index_ = 0;
      rest_ = line->substr(0, line->find('#'));
      const std::string_view word = take_word(rest_);
      if (word.empty()) continue;
      const auto label = number_in(word);
      if (!label || !(std::abs(*label) <= kLargestLabel) || *label != std::floor(*label))
        fail(fmt::format("the label {} is no whole number", quotable(word)));
      return static_cast<int64_t>(*label);
    }
    return std::nullopt;
  }

  // The row's next value; false after the last one.
  bool take_value(size_t& index, double& value) {
    const std::string_view word = take_word(rest_);
    if (word.empty()) return false;
    const size_t colon = word.find(':');
    const auto found = colon == std::string_view::npos ? std::nullopt : number_in(word.substr(colon + 1));
    size_t number = 0;
    const char* end = word.data() + std::min(colon, word.size());
    const auto read = std::from_chars(word.data(), end, number);
    if (!found || read.ec != std::errc() || read.ptr != end || number > kLargestIndex)
      fail(fmt::format("{} is no INDEX:VALUE", quotable(word)));
    if (number == 0) fail("indices begin at 1");
    if (number <= index_) fail(fmt::format("the index {} follows {}: they must ascend", number, index_));
    index = index_ = number;
    value = *found;
    return true;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: line {}: {}", file_, line_, what));
  }

  std::string_view lines_;
  std::string_view rest_;  // of the line
  size_t line_;
  size_t index_ = 0;  // of the line's last value
  const std::string& file_;
};

}  // namespace

bool looks_like_libsvm(std::string_view begin) {
  const size_t end = begin.rfind('\n');  // what follows may be cut off
  const std::string place;
  LibsvmRows rows;
  try {
    scan_libsvm(begin.substr(0, end == std::string_view::npos ? end : end + 1), 1, place, rows);
  } catch (const DataError&) {
    return false;
  }
  return rows.values > 0;
}

void scan_libsvm(std::string_view lines, size_t first_line, const std::string& file, LibsvmRows& rows) {
  RowReader reader(lines, first_line, file);
  while (reader.take_label()) {
    ++rows.count;
    size_t index = 0;
    for (double value = 0; reader.take_value(index, value); ++rows.values) {
      rows.largest_index = std::max(rows.largest_index, index);
      rows.range.add(value);
    }
  }
}

void parse_libsvm(std::string_view lines, size_t first_line, const std::string& file, const PixelScale& scale,
                  std::span<uint8_t> pixels, std::span<int64_t> labels) {
  RUNG_REQUIRE(!labels.empty() && pixels.size() % labels.size() == 0);
  const size_t size = pixels.size() / labels.size();
  std::ranges::fill(pixels, scale.pixel(0));
  RowReader reader(lines, first_line, file);
  size_t row = 0;
  while (const auto label = reader.take_label()) {
    RUNG_REQUIRE(row < labels.size());
    size_t index = 0;
    for (double value = 0; reader.take_value(index, value);) {
      RUNG_REQUIRE(index <= size);
      pixels[row * size + index - 1] = scale.pixel(value);
    }
    labels[row++] = *label;
  }
}

}  // namespace rung::imports

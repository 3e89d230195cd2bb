// A table is read twice, in pieces: once to count its rows, so that the pixels get their memory at once, and
// once to parse them, on all threads.
#include "import/table_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "import/csv.h"
#include "import/line_reader.h"

namespace rung::imports {
namespace {

// ".tra" and ".tes" are the UCI repository's endings.
bool is_table(const FileTree::File& file) {
  return std::ranges::any_of(std::array{".csv", ".csv.gz", ".tsv", ".tra", ".tes"},
                             [&](const char* ending) { return file.path.ends_with(ending); });
}

bool is_test(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return lowered(name).find("test") != std::string::npos || name.ends_with(".tes");
}

struct Table {
  size_t file = 0;
  std::string place;
  bool is_test = false;
  CsvFormat format;
  size_t rows = 0;
};

// Lines, cut into about `parts` pieces of whole lines.
std::vector<std::string_view> cut(std::string_view lines, size_t parts) {
  std::vector<std::string_view> pieces;
  while (!lines.empty()) {
    const size_t aim =
        std::min(lines.size(), lines.size() / std::max<size_t>(1, parts - std::min(parts, pieces.size())));
    const size_t end = lines.find('\n', aim == 0 ? 0 : aim - 1);
    pieces.push_back(lines.substr(0, end == std::string_view::npos ? end : end + 1));
    lines.remove_prefix(pieces.back().size());
  }
  return pieces;
}

class TableReader {
 public:
  TableReader(const FileTree& tree, const Options& options, const Work& work)
      : tree_(tree), options_(options), work_(work) {}

  ImageSet read() {
    find_tables();
    const CsvFormat& format = tables_.front().format;
    set_.height = format.height;
    set_.width = format.width;
    size_t rows = 0;
    for (const Table& table : tables_) rows += table.rows;
    if (rows > kMostImages || rows * set_.image_bytes() > kMostPixelBytes)
      throw DataError(
          fmt::format("{} rows of {} pixels are more than fit into memory", rows, format.pixels()));
    set_.count = static_cast<int>(rows);
    set_.pixels.resize(rows * set_.image_bytes());
    for (const Table& table : tables_) read_rows(table);
    if (!format.remark.empty()) set_.steps.push_back(format.remark);
    require_labels();
    return std::move(set_);
  }

 private:
  void find_tables() {
    for (size_t file = 0; file < tree_.files().size(); ++file) {
      if (!is_table(tree_.files()[file])) continue;
      tables_.push_back({file, tree_.place(file), is_test(tree_.files()[file].path), {}, 0});
      look_at(tables_.back());
    }
    std::ranges::stable_sort(tables_, {}, &Table::is_test);  // training first
    const auto trains = std::ranges::count(tables_, false, &Table::is_test);
    if (tables_.size() == 1) tables_.front().is_test = false;
    if (tables_.size() > 2 || (tables_.size() == 2 && trains != 1))
      throw DataError(
          fmt::format("{}, of which {} say `test` in their names", counted(tables_.size(), "table"),
                      static_cast<std::ptrdiff_t>(tables_.size()) - trains),
          "name the two files: one with training images, and one with `test` in its name");
    if (tables_.size() == 2) require_alike();
  }

  void require_alike() const {
    const Table& train = tables_[0];
    const Table& test = tables_[1];
    if (train.format.columns != test.format.columns)
      throw DataError(
          fmt::format("{} has {} columns, and {} has {}", train.place, train.format.columns, test.place,
                      test.format.columns),
          "a test table without labels is no use here: leave it out, and draw test images with --test 0.2");
    if (train.format.label_column != test.format.label_column)
      throw DataError(fmt::format("the labels are in column {} of {}, but in column {} of {}",
                                  train.format.label_column + 1, train.place, test.format.label_column + 1,
                                  test.place));
  }

  // A column that was taken for the labels, perhaps of pixels that are always black.
  void require_labels() const {
    const Table& table = tables_.front();
    if (set_.classes.size() == 1 && options_.label_column.empty())
      throw DataError(fmt::format("{}: all labels, which are in column {}, are {}", table.place,
                                  table.format.label_column + 1, quotable(set_.classes.front())),
                      "--label-column NAME or its number says which column has the labels");
  }

  // The first pass.
  void look_at(Table& table) const {
    LineReader reader(tree_.open(table.file), table.place);
    size_t lines = 0;
    uint64_t bytes = 0;
    for (std::string_view piece = reader.next(); !piece.empty(); piece = reader.next()) {
      if (lines == 0) table.format = find_csv_format(piece, table.place, options_);
      lines += count_rows(piece);
      bytes += piece.size();
      work_.report("counting rows", 0, 1);
    }
    const size_t header = table.format.has_header ? 1 : 0;
    if (lines <= header) throw DataError(fmt::format("{}: the table has no rows", table.place));
    table.rows = lines - header;
    // (Before there is memory for so many pixels.)
    if (table.rows * table.format.pixels() > bytes)
      throw DataError(fmt::format("{}: {} bytes are too few for {} rows of {} columns", table.place, bytes,
                                  table.rows, table.format.columns));
  }

  void read_rows(const Table& table) {
    LineReader reader(tree_.open(table.file), table.place);
    size_t line = 1;
    size_t done = 0;
    for (std::string_view piece = reader.next(); !piece.empty(); piece = reader.next()) {
      if (line == 1 && table.format.has_header) line += skip_header(piece);
      done += read_piece(piece, line, done, table);
      line += static_cast<size_t>(std::ranges::count(piece, '\n'));
      work_.report("rows", done, table.rows);
    }
  }

  // Also the blank lines before it. Returns how many lines.
  static size_t skip_header(std::string_view& piece) {
    size_t lines = 1;
    while (const auto line = take_line(piece)) {
      if (count_rows(*line) > 0) break;
      ++lines;
    }
    return lines;
  }

  size_t read_piece(std::string_view piece, size_t first_line, size_t done, const Table& table) {
    struct Part {
      std::string_view lines;
      size_t line;  // the number of its first
      size_t row;   // likewise, in this piece
    };
    std::vector<Part> parts;
    size_t rows = 0;
    for (const std::string_view lines : cut(piece, 4 * static_cast<size_t>(work_.pool.size()))) {
      parts.push_back({lines, first_line, rows});
      first_line += static_cast<size_t>(std::ranges::count(lines, '\n'));
      rows += count_rows(lines);
    }
    if (rows > table.rows - done)
      throw DataError(fmt::format("{}: the file grew while it was read", table.place));
    std::vector<std::string> labels(rows);
    const size_t begin = set_.labels.size();
    for_each_in_order(work_.pool, parts.size(), [&](size_t i) {
      const size_t count = (i + 1 < parts.size() ? parts[i + 1].row : rows) - parts[i].row;
      parse_rows(parts[i].lines, parts[i].line, table.format, table.place,
                 std::span(set_.pixels)
                     .subspan((begin + parts[i].row) * set_.image_bytes(), count * set_.image_bytes()),
                 std::span(labels).subspan(parts[i].row, count));
    });
    for (const std::string& label : labels) add_label(label, table);
    return rows;
  }

  void add_label(const std::string& label, const Table& table) {
    constexpr size_t kMost = 10'000;
    const auto [found, is_new] = label_of_.try_emplace(label, static_cast<uint32_t>(label_of_.size()));
    if (is_new) set_.classes.push_back(label);
    if (label_of_.size() > kMost)
      throw DataError(fmt::format("{}: more than {} different labels in column {}", table.place, kMost,
                                  table.format.label_column + 1),
                      "--label-column says which column has the labels");
    (table.is_test ? set_.test : set_.train).push_back(static_cast<uint32_t>(set_.labels.size()));
    set_.labels.push_back(found->second);
  }

  const FileTree& tree_;
  const Options& options_;
  const Work& work_;
  std::vector<Table> tables_;
  std::map<std::string, uint32_t, std::less<>> label_of_;
  ImageSet set_;
};

}  // namespace

bool recognises_tables(const FileTree& tree, const Options&) {
  return std::ranges::any_of(tree.files(), is_table);
}

ImageSet read_tables(const FileTree& tree, const Options& options, const Work& work) {
  return TableReader(tree, options, work).read();
}

}  // namespace rung::imports

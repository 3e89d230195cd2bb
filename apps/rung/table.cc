#include "table.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace rung::app {
namespace {

// Markdown's text as a terminal shows it: without the backslashes before what is not markup.
std::string plain(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool escapes =
        text[at] == '\\' && at + 1 < text.size() && std::ispunct(static_cast<unsigned char>(text[at + 1]));
    result += text[escapes ? ++at : at];
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const size_t end = text.find_last_not_of(' ') + 1;
  return text.substr(begin, end - std::min(begin, end));
}

// A Markdown table's row "| a | b |" as its cells. `\|` is not a border.
std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells;
  size_t begin = 1;
  for (size_t at = 1; at < row.size(); ++at) {
    if (row[at] == '\\') {
      ++at;
    } else if (row[at] == '|') {
      cells.push_back(plain(trimmed(row.substr(begin, at - begin))));
      begin = at + 1;
    }
  }
  return cells;
}

// Says a Markdown table: its head, the rule that aligns the columns, its rows. Where there is no room, the
// last column but one goes first, so that the first and the last stay.
void say_table(const std::vector<std::string_view>& rows, int columns) {
  std::vector<Column> heads;
  for (const std::string& head : cells_of(rows.front())) heads.push_back({.head = head});
  for (size_t column = 0; column < heads.size(); ++column) {
    const bool stays = column == 0 || column + 1 == heads.size();
    heads[column].rank = stays ? 0 : static_cast<int>(column);
    if (rows.size() > 1) heads[column].left = !cells_of(rows[1])[column].ends_with(':');
  }
  Table table(heads);
  for (size_t row = 2; row < rows.size(); ++row) table.add(cells_of(rows[row]));
  for (const Line& line : table.lines(columns)) say_line(line);
}

// A line of a document outside tables.
void say_text_line(std::string_view text, int columns) {
  const int indent = text.starts_with("- ") ? 2 : 0;
  const bool is_heading = text.starts_with('#');
  const Colour colour = is_heading                       ? Colour::kBold
                        : text.starts_with("- ✓ met")    ? Colour::kGreen
                        : text.starts_with("- ✗ missed") ? Colour::kRed
                                                         : Colour::kPlain;
  if (is_heading) text.remove_prefix(std::min(text.find_first_not_of("# "), text.size()));
  for (const std::string& line : wrapped(plain(text), columns, indent)) say_line(Line(line, colour));
}

std::vector<std::string_view> lines_of(std::string_view document) {
  std::vector<std::string_view> lines;
  while (!document.empty()) {
    lines.push_back(document.substr(0, document.find('\n')));
    document.remove_prefix(std::min(document.size(), lines.back().size() + 1));
  }
  return lines;
}

}  // namespace

int Table::narrowest(size_t column) const {
  int width = columns_of(columns_[column].head);
  for (const auto& row : rows_) width = std::max(width, columns_of(row[column]));
  return width;
}

// Uses the columns' widths if they fit, otherwise what the cells need, and drops columns if room is short.
std::vector<Table::Fitted> Table::fit(int columns, int gap) const {
  std::vector<Fitted> fitted;
  int most_rank = 0;
  for (size_t column = 0; column < columns_.size(); ++column) {
    fitted.push_back({column, std::max(narrowest(column), columns_[column].width)});
    most_rank = std::max(most_rank, columns_[column].rank);
  }
  const auto fits = [&] {
    int64_t total = -gap;
    for (const Fitted& one : fitted) total += one.width + gap;
    return total <= columns;
  };
  if (fits()) return fitted;
  for (Fitted& one : fitted) one.width = narrowest(one.column);
  for (int rank = most_rank; rank > 0 && !fits(); --rank)
    std::erase_if(fitted, [&](const Fitted& one) { return columns_[one.column].rank == rank; });
  return fitted;
}

Line Table::line(const std::vector<Fitted>& fitted, const std::vector<std::string>& cells, int columns,
                 int gap, Colour colour) const {
  std::string text;
  for (const Fitted& one : fitted) {
    if (!text.empty()) text += std::string(static_cast<size_t>(gap), ' ');
    text += columns_[one.column].left ? padded(cells[one.column], one.width)
                                      : padded_left(cells[one.column], one.width);
  }
  return Line(cut_to(text, columns), colour);
}

std::vector<Line> Table::lines(int columns, int gap) const {
  const std::vector<Fitted> fitted = fit(columns, gap);
  std::vector<std::string> heads;
  for (const Column& column : columns_) heads.push_back(column.head);
  std::vector<Line> lines{line(fitted, heads, columns, gap, Colour::kBold)};
  for (const auto& row : rows_) lines.push_back(line(fitted, row, columns, gap, Colour::kPlain));
  return lines;
}

int Table::width(int columns, int gap) const {
  const std::vector<Fitted> fitted = fit(columns, gap);
  const int total = std::accumulate(fitted.begin(), fitted.end(), -gap,
                                    [&](int sum, const Fitted& one) { return sum + one.width + gap; });
  return std::min(total, columns);
}

std::vector<std::string> wrapped(std::string_view text, int columns, int indent) {
  std::vector<std::string> lines;
  std::string line;
  int used = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at + 1), text.size());  // a word with the space before it
    std::string_view word = text.substr(at, end - at);
    at = end;
    if (used > indent && used + columns_of(word) > columns) {
      lines.push_back(std::exchange(line, std::string(static_cast<size_t>(indent), ' ')));
      used = indent;
      word.remove_prefix(word.starts_with(' ') ? 1 : 0);
    }
    line += word;
    used += columns_of(word);
  }
  lines.push_back(line);
  return lines;
}

void say_markdown(std::string_view document) {
  const int columns = talk_columns();
  if (columns == kNoLimit) return say_text(document);
  std::vector<std::string_view> table;
  for (const std::string_view line : lines_of(document)) {
    if (line.starts_with('|')) {
      table.push_back(line);
      continue;
    }
    if (!table.empty()) say_table(std::exchange(table, {}), columns);
    say_text_line(line, columns);
  }
  if (!table.empty()) say_table(table, columns);
}

}  // namespace rung::app

#include "table.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace rung::app {
namespace {

// A Markdown table's row "| a | b |" as its cells. `\|` is no border.
std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells;
  std::string cell;
  for (size_t at = 1; at < row.size(); ++at) {
    if (row[at] == '|' && row[at - 1] != '\\') {
      cells.push_back(cell);
      cell.clear();
    } else {
      cell += row[at];
    }
  }
  return cells;
}

// Leaves out cells until the row fits: always the last but one, so that the first and the last stay.
std::string narrowed(std::string_view row, int columns) {
  std::vector<std::string> cells = cells_of(row);
  const auto joined = [&] {
    std::string text = "|";
    for (const std::string& cell : cells) text += cell + "|";
    return text;
  };
  while (cells.size() > 2 && columns_of(joined()) > columns) cells.erase(cells.end() - 2);
  return joined();
}

// A line of a document that is no table's.
void say_text_line(std::string_view text, int columns) {
  const int indent = text.starts_with("- ") ? 2 : 0;
  const Colour colour = text.starts_with("#")            ? Colour::kBold
                        : text.starts_with("- ✓ met")    ? Colour::kGreen
                        : text.starts_with("- ✗ missed") ? Colour::kRed
                                                         : Colour::kPlain;
  for (const std::string& line : wrapped(text, columns, indent)) say_line(Line(line, colour));
}

}  // namespace

int Table::narrowest(size_t column) const {
  int width = columns_of(columns_[column].head);
  for (const auto& row : rows_) width = std::max(width, columns_of(row[column]));
  return width;
}

// With their widths where those fit, else with what the cells need, and the fewer columns the less room.
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
  while (!document.empty()) {
    const std::string_view line = document.substr(0, document.find('\n'));
    document.remove_prefix(std::min(document.size(), line.size() + 1));
    if (line.starts_with("|")) {
      say_line(Line(narrowed(line, columns)));
    } else {
      say_text_line(line, columns);
    }
  }
}

}  // namespace rung::app

// Tables and running text, fitted to the width of the output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "terminal.h"

namespace rung::app {

struct Column {
  std::string head;
  bool left = false;  // aligned to the left, not to the right
  int rank = 0;       // columns of the highest rank are dropped first if room is short; those of 0 stay
  int width = 0;      // its width if there is room
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell per column.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // The head and the rows, at most `columns` wide, with `gap` spaces between the table's columns.
  std::vector<Line> lines(int columns, int gap = 2) const;

  // The width of lines().
  int width(int columns, int gap = 2) const;

 private:
  struct Fitted {
    size_t column;
    int width;
  };
  std::vector<Fitted> fit(int columns, int gap) const;
  int narrowest(size_t column) const;
  Line line(const std::vector<Fitted>& fitted, const std::vector<std::string>& cells, int columns, int gap,
            Colour colour) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// The text in lines of at most `columns`, broken between words; all except the first are indented.
std::vector<std::string> wrapped(std::string_view text, int columns, int indent);

// Says a Markdown document: as it is, but on a terminal as plain text, wrapped, with tables that fit, and
// colours.
void say_markdown(std::string_view document);

}  // namespace rung::app

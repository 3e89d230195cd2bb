// Tables and running text, fitted to the width of what they are printed on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "terminal.h"

namespace rung::app {

struct Column {
  std::string head;
  bool left = false;  // aligned to the left, not to the right
  int rank = 0;       // where there is no room, the columns of the highest rank go first; those of 0 stay
  int width = 0;      // what it is given where there is room for that
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // The head and the rows, at most so many columns wide, with `gap` spaces between the columns.
  std::vector<Line> lines(int columns, int gap = 2) const;

  // How wide lines() makes them.
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

// The text in lines of at most so many columns, broken between words; all but the first are indented.
std::vector<std::string> wrapped(std::string_view text, int columns, int indent);

// Says a Markdown document: as it is, but on a terminal as plain text, wrapped, with tables that fit, and
// colours.
void say_markdown(std::string_view document);

}  // namespace rung::app

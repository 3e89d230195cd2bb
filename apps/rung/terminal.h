// The standard streams: what may go to them, in which colours, and how wide they are. It does not decide what
// is shown.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rung::app {

// Where the program's text goes: to standard output; to standard error if standard output is kept for a JSON
// document; or nowhere.
enum class Talk { kOut, kErr, kNowhere };

// For the rest of the process, which starts with kOut.
void set_talk(Talk talk);

// Writes to standard output, at once, in printable form with line breaks: text from a file cannot steer the
// terminal. Throws IoError when that is closed or full; when it is no longer read, note_closed_reader() says
// what happens.
void write_out(std::string_view text);

// Writes the one document of a command with --json. Bytes that are not UTF-8 are replaced. Throws as
// write_out() does.
void write_json(const nlohmann::ordered_json& document);

// Says text as write_out() writes it.
void say_text(std::string_view text);

template <typename... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  say_text(fmt::format(format, std::forward<Args>(args)...));
}

// Writes a line "rung: warning: ..." to standard error.
void warn(std::string_view text);

// Writes "rung: error: ..." to standard error, with the hint, if there is one, in brackets.
void show_error(std::string_view message, std::string_view hint);

// Whether bars can be drawn: there is a terminal, and it can redraw a line.
bool is_interactive();

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// The size of the terminal on which bars are drawn.
TerminalSize terminal_size();

// The width of say()'s output; no limit if that is not a terminal.
inline constexpr int kNoLimit = std::numeric_limits<int>::max();
int talk_columns();

enum class Colour { kPlain, kBold, kDim, kRed, kGreen, kYellow };

// A line for a terminal: pieces of printable text, each with a colour.
class Line {
 public:
  Line() = default;
  Line(std::string_view text, Colour colour = Colour::kPlain) { add(text, colour); }

  // In printable form, on this one line.
  Line& add(std::string_view text, Colour colour = Colour::kPlain);

  int columns() const;
  bool empty() const { return pieces_.empty(); }

  // The bytes to write, cut to `columns`.
  std::string bytes(bool coloured, int columns = kNoLimit) const;

 private:
  struct Piece {
    std::string text;
    Colour colour;
  };
  std::vector<Piece> pieces_;
};

// Prints the line and ends it.
void say_line(const Line& line);

// Whether colours go to the stream (STDOUT_FILENO, STDERR_FILENO): to a terminal, unless the environment has
// NO_COLOR or TERM=dumb; elsewhere only with CLICOLOR_FORCE.
bool has_colours(int stream);

// Writes unchanged bytes to the terminal on which bars are drawn. Nothing depends on its success.
void write_to_terminal(std::string_view bytes);

}  // namespace rung::app

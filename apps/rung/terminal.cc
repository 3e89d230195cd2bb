#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "interrupt.h"

namespace rung::app {
namespace {

Talk talk = Talk::kOut;

// The value of an environment variable; empty if it is not set.
std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_terminal(int stream) {
  return isatty(stream) == 1;
}

int talk_stream() {
  return talk == Talk::kErr ? STDERR_FILENO : STDOUT_FILENO;
}

void write_bytes_out(std::string_view bytes) {
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  if (written && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) return note_closed_reader();
  throw IoError(fmt::format("cannot write to standard output: {}", reason(errno)));
}

// Bytes that are safe to write.
void say_bytes(std::string_view bytes) {
  if (talk == Talk::kOut) write_bytes_out(bytes);
  if (talk == Talk::kErr) write_to_terminal(bytes);
}

// "Select Graphic Rendition" of ECMA-48.
std::string_view code(Colour colour) {
  switch (colour) {
    case Colour::kPlain:
      return "";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
  }
  return "";
}

}  // namespace

void set_talk(Talk where) {
  talk = where;
}

void write_out(std::string_view text) {
  write_bytes_out(printable(text, "\n"));
}

void write_json(const nlohmann::ordered_json& document) {
  using nlohmann::ordered_json;
  write_bytes_out(document.dump(2, ' ', /*ensure_ascii=*/true, ordered_json::error_handler_t::replace) +
                  "\n");
}

void say_text(std::string_view text) {
  say_bytes(printable(text, "\n"));
}

void warn(std::string_view text) {
  Line line("rung: ");
  line.add("warning:", Colour::kYellow).add(" ").add(text);
  write_to_terminal(line.bytes(has_colours(STDERR_FILENO)) + "\n");
}

void show_error(std::string_view message, std::string_view hint) {
  Line start("rung: ");
  start.add("error:", Colour::kRed);
  write_to_terminal(fmt::format("{} {}{}\n", start.bytes(has_colours(STDERR_FILENO)),
                                printable(message, "\n"),
                                hint.empty() ? "" : " (" + printable(hint, "\n") + ")"));
}

bool is_interactive() {
  const bool together = talk == Talk::kErr || is_terminal(STDOUT_FILENO);  // bars and lines take turns
  return talk != Talk::kNowhere && together && is_terminal(STDERR_FILENO) && environment("TERM") != "dumb";
}

TerminalSize terminal_size() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

int talk_columns() {
  winsize size{};
  return ioctl(talk_stream(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kNoLimit;
}

Line& Line::add(std::string_view text, Colour colour) {
  pieces_.push_back({printable(text), colour});
  return *this;
}

int Line::columns() const {
  int columns = 0;
  for (const Piece& piece : pieces_) columns += columns_of(piece.text);
  return columns;
}

std::string Line::bytes(bool coloured, int columns) const {
  std::string bytes;
  for (const Piece& piece : pieces_) {
    const std::string text = cut_to(piece.text, columns);
    columns -= columns_of(text);
    const bool plain = !coloured || piece.colour == Colour::kPlain;
    bytes += plain ? text : fmt::format("{}{}\x1b[0m", code(piece.colour), text);
  }
  return bytes;
}

void say_line(const Line& line) {
  say_bytes(line.bytes(has_colours(talk_stream())) + "\n");
}

bool has_colours(int stream) {
  if (!environment("NO_COLOR").empty()) return false;
  const std::string_view force = environment("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return is_terminal(stream) && environment("TERM") != "dumb";
}

void write_to_terminal(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stderr);
  std::fflush(stderr);
}

}  // namespace rung::app

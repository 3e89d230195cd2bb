#include "bench/peers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"

namespace rung::bench {
namespace {

constexpr uint64_t kMaxFileBytes = 1 << 20;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + 1)
    parts.push_back(text.substr(begin, end - begin));
  parts.push_back(text.substr(begin));
  return parts;
}

Peer parse_peer(const std::string& line) {
  const auto fields = split(line, '\t');
  if (fields.size() >= 3 && fields[1] == "run")
    return {.name = fields[0], .command = {fields.begin() + 2, fields.end()}, .missing = {}};
  if (fields.size() == 3 && fields[1] == "missing")
    return {.name = fields[0], .command = {}, .missing = fields[2]};
  throw DataError(
      fmt::format("expected NAME, \"run\" and a command, or NAME, \"missing\" and a reason, with "
                  "tabs between them, not \"{}\"",
                  line));
}

std::string replaced(std::string text, std::string_view name, const std::string& value) {
  for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
    text.replace(at, name.size(), value);
  return text;
}

}  // namespace

std::vector<Peer> read_peers(const std::filesystem::path& file) {
  std::vector<Peer> peers;
  for (const std::string& line : split(read_text_file(file, kMaxFileBytes), '\n'))
    if (!line.empty()) peers.push_back(parse_peer(line));
  return peers;
}

bool need_task(const std::vector<Peer>& peers) {
  return std::any_of(peers.begin(), peers.end(), [](const Peer& peer) {
    return std::any_of(peer.command.begin(), peer.command.end(), [](const std::string& argument) {
      return argument.find("{task}") != std::string::npos;
    });
  });
}

std::vector<std::string> command_for(const Peer& peer, int step, const std::filesystem::path& task) {
  std::vector<std::string> command;
  for (const std::string& argument : peer.command)
    command.push_back(
        replaced(replaced(argument, "{step}", fmt::format("{}", step)), "{task}", task.string()));
  return command;
}

}  // namespace rung::bench

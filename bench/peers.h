// The programs that Rung is compared with, as a file lists them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rung::bench {

// A program with fixed settings. `command` may hold {step}, the number of a step, and {task}, the folder of
// its task (see peer_task.h).
struct Peer {
  std::string name;
  std::vector<std::string> command;
  std::string missing;  // why it cannot run here; empty if it has a command
};

// Reads lines of fields between tabs: `NAME run PROGRAM ARGUMENT...` or `NAME missing REASON`. Throws
// IoError, or DataError for any other line.
std::vector<Peer> read_peers(const std::filesystem::path& file);

// Whether any of them reads a task.
bool need_task(const std::vector<Peer>& peers);

// The command with {step} and {task} filled in.
std::vector<std::string> command_for(const Peer& peer, int step, const std::filesystem::path& task);

}  // namespace rung::bench

// What the system and the control groups of this process (a container's, a service's) allow it. The smallest
// limit of a group and its ancestors counts, in version 1 or 2 of control groups. `root` is the folder of
// /proc and /sys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace rung {

// Processor time in processors, as in 1.5 (cpu.max, cpu.cfs_quota_us); none without a limit.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

// Bytes of memory that are available without evicting anything in use: the system's (MemAvailable), or what
// the groups allow (memory.max, memory.limit_in_bytes) if that is less. None if neither is known.
std::optional<uint64_t> available_memory(const std::filesystem::path& root = "/");

// Throws MemoryError, with the hint, if `what` needs more bytes than are available. (A system that
// overcommits memory would kill the process later, without a message.)
void require_memory(uint64_t bytes, std::string_view what, const std::string& hint);

}  // namespace rung

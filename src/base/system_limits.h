// What the system and the control groups of this process (a container's, a service's) leave it. Of a group
// and those above it the smallest limit counts, in version 2 of control groups or 1. `root` is where /proc
// and /sys are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace rung {

// Processor time in processors, as in 1.5 (cpu.max, cpu.cfs_quota_us); none where there is no limit.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

// Bytes of memory that can be had without pushing anything out that is in use: what the system has
// (MemAvailable), or what the groups allow (memory.max, memory.limit_in_bytes) if that is less. None where
// nobody says.
std::optional<uint64_t> available_memory(const std::filesystem::path& root = "/");

// Throws MemoryError, with the hint, if fewer bytes than that are available to `what`. (A system that lends
// more memory than it has would end the process later on, without a word.)
void require_memory(uint64_t bytes, std::string_view what, const std::string& hint);

}  // namespace rung

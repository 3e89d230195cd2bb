// How much processor time the control groups of this process (a container's, a service's) leave it.
#pragma once

#include <filesystem>
#include <optional>

namespace rung {

// In processors, as in 1.5; none where there is no limit. The smallest limit of the group and those above it
// counts, in version 2 of control groups (cpu.max) or 1 (cpu.cfs_quota_us). `root` is where /proc and /sys
// are.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace rung

// The hierarchies are looked for where every distribution mounts them. Inside a container a group's path may
// be the host's, of which only the end, or nothing, exists; a missing file limits nothing.
#include "base/system_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "base/error.h"

namespace rung {
namespace {

namespace fs = std::filesystem;

template <typename T>
using Limit = std::optional<T>;

template <typename T>
Limit<T> smaller(Limit<T> a, Limit<T> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

bool has_controller(const std::string& list, const std::string& name) {
  return ("," + list + ",").find("," + name + ",") != std::string::npos;
}

// The limit that one group's own files set, in each version of control groups.
template <typename T>
struct Reader {
  std::string controller;  // version 1's name for it
  Limit<T> (*version1)(const fs::path& group);
  Limit<T> (*version2)(const fs::path& group);
};

// The smallest limit of the group `name` and its ancestors, up to the hierarchy's root.
template <typename T>
Limit<T> limit_upwards(const fs::path& hierarchy, const fs::path& name, Limit<T> (*own)(const fs::path&)) {
  Limit<T> limit = own(hierarchy);
  fs::path group = hierarchy;
  for (const fs::path& part : name.relative_path()) limit = smaller(limit, own(group /= part));
  return limit;
}

template <typename T>
Limit<T> limit_of_groups(const fs::path& root, const Reader<T>& reader) {
  const fs::path mounts = root / "sys/fs/cgroup";
  // Lines "hierarchy:controllers:path"; version 2: "0::path".
  std::ifstream groups(root / "proc/self/cgroup");
  Limit<T> limit;
  std::string hierarchy;
  std::string controllers;
  std::string name;
  while (std::getline(groups, hierarchy, ':') && std::getline(groups, controllers, ':') &&
         std::getline(groups, name)) {
    if (controllers.empty()) limit = smaller(limit, limit_upwards(mounts, name, reader.version2));
    if (has_controller(controllers, reader.controller))
      limit = smaller(limit, limit_upwards(mounts / reader.controller, name, reader.version1));
  }
  return limit;
}

// "max 100000" and a quota of -1 mean no limit.
Limit<double> ratio(std::istream&& quota, std::istream&& period) {
  double time = 0;
  double of = 0;
  if (quota >> time && period >> of && time > 0 && of > 0) return time / of;
  return std::nullopt;
}

Limit<double> cpu_version1(const fs::path& group) {
  return ratio(std::ifstream(group / "cpu.cfs_quota_us"), std::ifstream(group / "cpu.cfs_period_us"));
}

Limit<double> cpu_version2(const fs::path& group) {
  std::string time;
  std::string of;
  std::ifstream(group / "cpu.max") >> time >> of;
  return ratio(std::istringstream(time), std::istringstream(of));
}

// The number on the line with this name in a file of "name number" lines.
Limit<uint64_t> entry(const fs::path& file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    uint64_t value = 0;
    if (words >> word && word == name && words >> value) return value;
  }
  return std::nullopt;
}

// A group's usage includes files that it read; inactive ones make room on demand.
Limit<uint64_t> memory_left(const fs::path& limit, const fs::path& use, Limit<uint64_t> inactive) {
  uint64_t most = 0;
  uint64_t used = 0;
  if (!(std::ifstream(limit) >> most) || !(std::ifstream(use) >> used)) return std::nullopt;
  used -= std::min(used, inactive.value_or(0));
  return most - std::min(most, used);
}

Limit<uint64_t> memory_version1(const fs::path& group) {
  return memory_left(group / "memory.limit_in_bytes", group / "memory.usage_in_bytes",
                     entry(group / "memory.stat", "total_inactive_file"));
}

Limit<uint64_t> memory_version2(const fs::path& group) {
  return memory_left(group / "memory.max", group / "memory.current",
                     entry(group / "memory.stat", "inactive_file"));
}

// /proc/meminfo counts in units of 1,024 bytes.
Limit<uint64_t> memory_of_system(const fs::path& root) {
  const Limit<uint64_t> kilobytes = entry(root / "proc/meminfo", "MemAvailable:");
  if (!kilobytes || *kilobytes > std::numeric_limits<uint64_t>::max() / 1024) return std::nullopt;
  return *kilobytes * 1024;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  return limit_of_groups<double>(root, {"cpu", cpu_version1, cpu_version2});
}

std::optional<uint64_t> available_memory(const fs::path& root) {
  return smaller(memory_of_system(root),
                 limit_of_groups<uint64_t>(root, {"memory", memory_version1, memory_version2}));
}

void require_memory(uint64_t bytes, std::string_view what, const std::string& hint) {
  const std::optional<uint64_t> available = available_memory();
  if (!available || bytes <= *available) return;
  const auto gibibytes = [](uint64_t count) { return static_cast<double>(count) / (1 << 30); };
  throw MemoryError(fmt::format("{} takes {:.1f} GiB of memory, and {:.1f} GiB are available", what,
                                gibibytes(bytes), gibibytes(*available)),
                    hint);
}

}  // namespace rung
